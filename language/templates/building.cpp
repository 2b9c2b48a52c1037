#include "language/templates/building.h"

#include <utility>

#include "ir/error.h"

namespace gatefold {
namespace {

Value* add_states(Network& network, const std::string& name, const RecurrentShape& shape) {
  return network.input(name, {DataType::kFloat32,
                              Shape{Dim(shape.layers), Dim(std::string("N")), Dim(shape.hidden)}});
}

}  // namespace

Type tokens_type(const std::vector<std::string>& extents) {
  Shape shape;
  for (const std::string& name : extents) shape.push_back(Dim(name));
  return {DataType::kInt64, shape};
}

RecurrentShape recurrent_shape(const TemplateOptions& options) {
  return {.cell = options.cell,
          .input = options.embedding,
          .hidden = options.hidden,
          .layers = options.layers,
          .bidirectional = options.bidirectional};
}

Value* positions_of(Network& network, Value* tokens) {
  GraphBuilder& builder = network.builder();
  const auto number = [&](std::int64_t value) {
    return builder.add_constant("number", Tensor::scalar(value));
  };
  Value* extent = builder.add("Gather", {builder.add("Shape", {tokens}), number(1)});
  return builder.add("Range", {number(0), extent, number(1)});
}

Value* mask_of(Network& network, Value* tokens, Value* lengths) {
  GraphBuilder& builder = network.builder();
  Value* column = builder.add("Unsqueeze", {lengths, builder.add_ints({1})});
  return builder.add("Less", {positions_of(network, tokens), column});
}

Value* mean_of(Network& network, Value* vectors, Value* mask, Value* lengths) {
  GraphBuilder& builder = network.builder();
  const Attrs to_float{{"to", static_cast<std::int64_t>(DataType::kFloat32)}};
  Value* count =
      builder.add("Cast", {builder.add("Unsqueeze", {lengths, builder.add_ints({1})})}, to_float);
  Value* shares = builder.add("Div", {builder.add("Cast", {mask}, to_float), count});
  Value* row = builder.add("Unsqueeze", {shares, builder.add_ints({1})});
  return builder.add("Squeeze", {builder.add("MatMul", {row, vectors}), builder.add_ints({1})});
}

Value* transpose(Network& network, Value* x, std::vector<std::int64_t> order) {
  return network.builder().add("Transpose", {x}, {{"perm", std::move(order)}});
}

Value* join_directions(Network& network, Value* states, const RecurrentShape& shape) {
  GraphBuilder& builder = network.builder();
  if (!shape.bidirectional) return builder.add("Squeeze", {states, builder.add_ints({0})});
  return builder.add(
      "Reshape", {transpose(network, states, {1, 0, 2}), builder.add_ints({-1, 2 * shape.hidden})});
}

std::vector<NamedModel> only_model(Model model) {
  std::vector<NamedModel> models;
  models.push_back({"model.onnx", std::move(model)});
  return models;
}

Value* add_scores(Network& network, const std::string& prefix, Value* x, std::int64_t width,
                  const TemplateOptions& options, std::int64_t tokens) {
  if (!options.tie) return network.linear(prefix + "fc", x, width, tokens);
  if (width != options.embedding) {
    fail("--tie needs an embedding as wide as what the output layer reads: --embedding {} but {}",
         options.embedding, width);
  }
  return network.tied_linear(prefix + "fc", x, prefix + "embedding", width, tokens);
}

CarriedInputs add_carried(Network& network, const RecurrentShape& shape) {
  CarriedInputs carried{{.h = add_states(network, "h0", shape)}, {{.input = "h0", .output = "hn"}}};
  if (shape.cell == "lstm") {
    carried.initial.c = add_states(network, "c0", shape);
    carried.pairs.push_back({.input = "c0", .output = "cn"});
  }
  return carried;
}

void deliver_states(Network& network, const RecurrentStates& states) {
  network.output("hn", states.h);
  if (states.c != nullptr) network.output("cn", states.c);
}

}  // namespace gatefold
