#include <string>
#include <utility>

#include "language/templates/building.h"
#include "language/templates/models.h"

namespace gatefold {
namespace {

/// The states of both directions as those of one: [L*2, N, H] -> [L, N, H].
Value* bridge(Network& network, const std::string& name, Value* states,
              const RecurrentShape& shape) {
  GraphBuilder& builder = network.builder();
  Value* by_layer =
      builder.add("Reshape", {states, builder.add_ints({shape.layers, 2, -1, shape.hidden})});
  Value* joined = builder.add("Reshape", {transpose(network, by_layer, {0, 2, 1, 3}),
                                          builder.add_ints({shape.layers, -1, 2 * shape.hidden})});
  return builder.add("Tanh", {network.linear(name, joined, 2 * shape.hidden, shape.hidden)});
}

Model make_encoder(const TemplateOptions& options, const DataSizes& sizes) {
  Network network("encoder", options.seed);
  const RecurrentShape shape = recurrent_shape(options);
  Value* tokens = network.input("tokens", tokens_type({"N", "S"}));
  Value* lengths = network.input("lengths", tokens_type({"N"}));
  Value* x = network.embedding("encoder.embedding", transpose(network, tokens, {1, 0}),
                               sizes.tokens, options.embedding, sizes.padding);
  RecurrentResult result = add_recurrent(network, "encoder.rnn", x, shape, lengths);
  if (shape.bidirectional) {
    result.final.h = bridge(network, "encoder.bridge_h", result.final.h, shape);
    if (result.final.c != nullptr) {
      result.final.c = bridge(network, "encoder.bridge_c", result.final.c, shape);
    }
  }
  network.output("encoder_output", transpose(network, result.output, {1, 0, 2}));
  network.output("encoder_mask", mask_of(network, tokens, lengths));
  deliver_states(network, result.final);
  return network.finish();
}

/// What attention makes of the states [N, T, H]: tanh(W_c [context; states]), and the weights.
struct Attended {
  Value* states = nullptr;
  Value* weights = nullptr;
};

Attended attend(Network& network, Value* states, std::int64_t hidden, std::int64_t width) {
  GraphBuilder& builder = network.builder();
  Value* encoder = network.input(
      "encoder_output",
      {DataType::kFloat32, Shape{Dim(std::string("N")), Dim(std::string("S")), Dim(width)}});
  Value* mask = network.input(
      "encoder_mask", {DataType::kBool, Shape{Dim(std::string("N")), Dim(std::string("S"))}});
  Value* query = network.linear("decoder.attention", states, hidden, width, false);
  Value* scores = builder.add("MatMul", {query, transpose(network, encoder, {0, 2, 1})});
  Value* allowed = builder.add("Unsqueeze", {mask, builder.add_ints({1})});
  Value* lowest = builder.add_constant("lowest", Tensor::scalar(-1e30F));
  Value* weights = builder.add("Softmax", {builder.add("Where", {allowed, scores, lowest})},
                               {{"axis", std::int64_t{-1}}});
  Value* context = builder.add("MatMul", {weights, encoder});
  Value* both = builder.add("Concat", {context, states}, {{"axis", std::int64_t{-1}}});
  Value* combined = network.linear("decoder.combine", both, width + hidden, hidden, false);
  return {builder.add("Tanh", {combined}), weights};
}

Model make_decoder(const TemplateOptions& options, const DataSizes& sizes) {
  Network network("decoder", options.seed);
  RecurrentShape shape = recurrent_shape(options);
  const std::int64_t width = shape.directions() * shape.hidden;
  shape.bidirectional = false;
  Value* tokens = network.input("target_tokens", tokens_type({"N", "T"}));
  const CarriedInputs carried = add_carried(network, shape);
  Value* x = network.embedding("decoder.embedding", transpose(network, tokens, {1, 0}),
                               sizes.targets, options.embedding, sizes.padding);
  const RecurrentResult result =
      add_recurrent(network, "decoder.rnn", x, shape, nullptr, carried.initial);
  Attended attended{.states = transpose(network, result.output, {1, 0, 2})};
  if (options.attention != "none") {
    attended = attend(network, attended.states, shape.hidden, width);
  }
  network.output("logits", add_scores(network, "decoder.", attended.states, shape.hidden, options,
                                      sizes.targets));
  deliver_states(network, result.final);
  if (attended.weights != nullptr) network.output("attention", attended.weights);
  return network.finish(carried.pairs);
}

}  // namespace

std::vector<NamedModel> make_seq2seq(const TemplateOptions& options, const DataSizes& sizes) {
  std::vector<NamedModel> models;
  models.push_back({"model.onnx", make_encoder(options, sizes)});
  models.push_back({"decoder.onnx", make_decoder(options, sizes)});
  return models;
}

}  // namespace gatefold
