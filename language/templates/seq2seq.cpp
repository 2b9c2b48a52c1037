#include <string>
#include <utility>

#include "language/templates/attention.h"
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

/// Adds recurrent layers that read x [N, T, I] without looking at the source.
AttendingSteps read_on(Network& network, Value* x, const RecurrentShape& shape,
                       const RecurrentStates& initial) {
  const RecurrentResult result = add_recurrent(
      network, "decoder.rnn", transpose(network, x, {1, 0, 2}), shape, nullptr, initial);
  return {.attended = {.states = transpose(network, result.output, {1, 0, 2})},
          .final = result.final};
}

Model make_decoder(const TemplateOptions& options, const DataSizes& sizes) {
  Network network("decoder", options.seed);
  RecurrentShape shape = recurrent_shape(options);
  const std::int64_t width = shape.directions() * shape.hidden;
  shape.bidirectional = false;
  Value* tokens = network.input("target_tokens", tokens_type({"N", "T"}));
  const CarriedInputs carried = add_carried(network, shape);
  AttendedText text;
  if (options.attention != "none") text = add_attended_text(network, width);
  Value* x = network.embedding("decoder.embedding", tokens, sizes.targets, options.embedding,
                               sizes.padding);
  AttendingSteps steps =
      options.attention == "bahdanau"
          ? attend_by_sums(network, "decoder", x, shape, carried.initial, text, options.dropout > 0)
          : read_on(network, x, shape, carried.initial);
  Attended& attended = steps.attended;
  if (options.attention == "luong") {
    attended = attend_by_products(network, "decoder", attended.states, shape.hidden, text);
  }
  network.output("logits", add_scores(network, "decoder.", attended.states, shape.hidden, options,
                                      sizes.targets));
  deliver_states(network, steps.final);
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
