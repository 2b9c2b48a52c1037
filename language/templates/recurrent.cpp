#include "language/templates/recurrent.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>
#include <vector>

namespace gatefold {
namespace {

/// A kind of cell: its operator, and the places in PyTorch's order of gates that ONNX's order
/// takes.
struct Cell {
  std::string_view name;
  std::string_view op;
  std::vector<std::size_t> gates;
};

const Cell& find_cell(std::string_view name) {
  static const std::vector<Cell> kCells{
      {"rnn", "RNN", {0}},
      {"gru", "GRU", {1, 0, 2}},        // r, z, n -> z, r, h
      {"lstm", "LSTM", {0, 3, 1, 2}}};  // i, f, g, o -> i, o, f, c
  for (const Cell& cell : kCells) {
    if (cell.name == name) return cell;
  }
  return kCells.back();
}

Value* join(GraphBuilder& builder, const std::vector<Value*>& parts) {
  return parts.size() == 1 ? parts.front()
                           : builder.add("Concat", parts, {{"axis", std::int64_t{0}}});
}

/// Makes the parameters of one module, and puts them in ONNX's order.
class WeightBuilder {
 public:
  WeightBuilder(Network& network, const std::string& module, const RecurrentShape& shape)
      : network_(network),
        builder_(network.builder()),
        module_(module),
        shape_(shape),
        cell_(find_cell(shape.cell)) {}

  /// A parameter [gates*H, width] of each direction as ONNX's [directions, gates*H, width].
  Value* stacked(const std::string& what, std::int64_t layer, std::int64_t width) {
    std::vector<Value*> directions;
    for (const std::string& name : names(what, layer)) {
      directions.push_back(in_onnx_order(name, {gate_rows(), width}));
    }
    return join(builder_, directions);
  }

  /// Both biases of each direction as ONNX's [directions, 2*gates*H].
  Value* biases(std::int64_t layer) {
    const std::vector<std::string> input = names("bias_ih", layer);
    const std::vector<std::string> hidden = names("bias_hh", layer);
    std::vector<Value*> directions;
    for (std::size_t i = 0; i < input.size(); ++i) {
      directions.push_back(builder_.add(
          "Concat",
          {in_onnx_order(input[i], {gate_rows()}), in_onnx_order(hidden[i], {gate_rows()})},
          {{"axis", std::int64_t{1}}}));
    }
    return join(builder_, directions);
  }

 private:
  std::vector<std::string> names(const std::string& what, std::int64_t layer) const {
    const std::string name = fmt::format("{}.{}_l{}", module_, what, layer);
    return shape_.bidirectional ? std::vector{name, name + "_reverse"} : std::vector{name};
  }

  std::int64_t gate_rows() const {
    return static_cast<std::int64_t>(cell_.gates.size()) * shape_.hidden;
  }

  /// Makes a parameter, reorders its gates and puts an axis for the direction in front.
  Value* in_onnx_order(const std::string& name, Dims dims) {
    Value* ordered = network_.uniform(name, std::move(dims), shape_.hidden);
    if (cell_.gates.size() > 1) {
      const std::vector<std::int64_t> sizes(cell_.gates.size(), shape_.hidden);
      Node* parts = builder_.add_node("Split", {ordered, builder_.add_ints(sizes)},
                                      cell_.gates.size(), {{"axis", std::int64_t{0}}});
      std::vector<Value*> gates;
      for (const std::size_t gate : cell_.gates) gates.push_back(parts->output(gate));
      ordered = builder_.add("Concat", gates, {{"axis", std::int64_t{0}}});
    }
    return builder_.add("Unsqueeze", {ordered, builder_.add_ints({0})});
  }

  Network& network_;
  GraphBuilder& builder_;
  const std::string& module_;
  const RecurrentShape& shape_;
  const Cell& cell_;
};

/// The part of [layers*directions, N, H] that belongs to a layer.
Value* states_of(GraphBuilder& builder, Value* states, const RecurrentShape& shape,
                 std::int64_t layer) {
  if (shape.layers == 1) return states;
  const std::int64_t first = layer * shape.directions();
  return builder.add(
      "Slice", {states, builder.add_ints({first}), builder.add_ints({first + shape.directions()}),
                builder.add_ints({0})});
}

/// Y of one layer [T, directions, N, H] as [T, N, directions*H], under a name.
Value* join_output(GraphBuilder& builder, const std::string& name, Value* y,
                   const RecurrentShape& shape) {
  if (!shape.bidirectional) return add_named(builder, name, "Squeeze", {y, builder.add_ints({1})});
  Value* by_step = builder.add("Transpose", {y}, {{"perm", std::vector<std::int64_t>{0, 2, 1, 3}}});
  return add_named(builder, name, "Reshape", {by_step, builder.add_ints({0, 0, 2 * shape.hidden})});
}

Attrs layer_attributes(const RecurrentShape& shape) {
  Attrs attrs{{"hidden_size", shape.hidden}};
  if (shape.bidirectional) attrs["direction"] = std::string("bidirectional");
  if (shape.cell == "gru") attrs["linear_before_reset"] = std::int64_t{1};
  return attrs;
}

}  // namespace

RecurrentModule::RecurrentModule(Network& network, std::string name, const RecurrentShape& shape)
    : name_(std::move(name)), shape_(shape) {
  WeightBuilder weights(network, name_, shape_);
  for (std::int64_t layer = 0; layer < shape_.layers; ++layer) {
    const std::int64_t width = layer == 0 ? shape_.input : shape_.directions() * shape_.hidden;
    Value* weight_ih = weights.stacked("weight_ih", layer, width);
    Value* weight_hh = weights.stacked("weight_hh", layer, shape_.hidden);
    layers_.push_back({weight_ih, weight_hh, weights.biases(layer)});
  }
}

RecurrentResult RecurrentModule::add_to(GraphBuilder& builder,
                                        const RecurrentInputs& inputs) const {
  Value* lengths = inputs.lengths;
  if (lengths != nullptr) {
    lengths = builder.add("Cast", {lengths}, {{"to", static_cast<std::int64_t>(DataType::kInt32)}});
  }
  const bool has_c = shape_.cell == "lstm";
  std::vector<Value*> h;
  std::vector<Value*> c;
  Value* x = inputs.x;
  for (std::int64_t layer = 0; layer < shape_.layers; ++layer) {
    const Layer& weights = layers_[static_cast<std::size_t>(layer)];
    std::vector<Value*> operands{x, weights.weight_ih, weights.weight_hh, weights.biases, lengths};
    for (Value* states : {inputs.initial.h, inputs.initial.c}) {
      if (states != nullptr) operands.push_back(states_of(builder, states, shape_, layer));
    }
    Node* node = builder.add_node(find_cell(shape_.cell).op, operands, has_c ? 3 : 2,
                                  layer_attributes(shape_));
    h.push_back(node->output(1));
    if (has_c) c.push_back(node->output(2));
    x = join_output(builder, fmt::format("{}.output_l{}", name_, layer), node->output(0), shape_);
    const bool is_kept = layer < std::ssize(inputs.kept);
    if (is_kept) x = builder.add("Mul", {x, inputs.kept[static_cast<std::size_t>(layer)]});
  }
  return {.output = x,
          .final = {.h = join(builder, h), .c = has_c ? join(builder, c) : nullptr},
          .last_layer = h.back()};
}

RecurrentResult add_recurrent(Network& network, const std::string& name, Value* x,
                              const RecurrentShape& shape, Value* lengths,
                              RecurrentStates initial) {
  return RecurrentModule(network, name, shape)
      .add_to(network.builder(), {.x = x, .lengths = lengths, .initial = initial});
}

}  // namespace gatefold
