#include "language/templates/models.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "ir/error.h"
#include "language/templates/building.h"

namespace gatefold {
namespace {

/// The layers that the classifier and the tagger share.
struct Reader {
  Network network;
  RecurrentResult result;
};

Reader make_reader(const std::string& name, const TemplateOptions& options,
                   const DataSizes& sizes) {
  Reader reader{Network(name, options.seed), {}};
  Network& network = reader.network;
  Value* tokens = network.input("tokens", tokens_type({"N", "T"}));
  Value* lengths = network.input("lengths", tokens_type({"N"}));
  Value* x = network.embedding("embedding", transpose(network, tokens, {1, 0}), sizes.tokens,
                               options.embedding, sizes.padding);
  reader.result = add_recurrent(network, "rnn", x, recurrent_shape(options), lengths);
  return reader;
}

}  // namespace

std::vector<NamedModel> make_linear(const TemplateOptions& options, const DataSizes& /*sizes*/) {
  Network network("linear", options.seed);
  Value* x =
      network.input("x", {DataType::kFloat32, Shape{Dim(std::string("N")), Dim(options.inputs)}});
  network.output("y", network.linear("linear", x, options.inputs, options.outputs));
  return only_model(network.finish());
}

std::vector<NamedModel> make_mlp(const TemplateOptions& options, const DataSizes& /*sizes*/) {
  Network network("mlp", options.seed);
  Value* x =
      network.input("x", {DataType::kFloat32, Shape{Dim(std::string("N")), Dim(options.inputs)}});
  std::int64_t width = options.inputs;
  for (std::int64_t layer = 0; layer < options.layers; ++layer) {
    x = network.linear(fmt::format("layers.{}", layer), x, width, options.hidden);
    x = network.builder().add("Tanh", {x});
    width = options.hidden;
  }
  network.output(
      "y", network.linear(fmt::format("layers.{}", options.layers), x, width, options.outputs));
  return only_model(network.finish());
}

std::vector<NamedModel> make_classifier(const TemplateOptions& options, const DataSizes& sizes) {
  auto [network, result] = make_reader("classifier", options, sizes);
  const RecurrentShape shape = recurrent_shape(options);
  Value* states = join_directions(network, result.last_layer, shape);
  network.output("logits",
                 network.linear("fc", states, shape.directions() * shape.hidden, sizes.targets));
  return only_model(network.finish());
}

std::vector<NamedModel> make_tagger(const TemplateOptions& options, const DataSizes& sizes) {
  auto [network, result] = make_reader("tagger", options, sizes);
  const RecurrentShape shape = recurrent_shape(options);
  Value* states = transpose(network, result.output, {1, 0, 2});
  network.output("logits",
                 network.linear("fc", states, shape.directions() * shape.hidden, sizes.targets));
  return only_model(network.finish());
}

std::vector<NamedModel> make_language_model(const TemplateOptions& options,
                                            const DataSizes& sizes) {
  if (options.bidirectional) {
    fail("a language model reads from left to right only: leave --bidirectional out");
  }
  Network network("language_model", options.seed);
  const RecurrentShape shape = recurrent_shape(options);
  Value* tokens = network.input("tokens", tokens_type({"N", "T"}));
  const CarriedInputs carried = add_carried(network, shape);
  Value* x = network.embedding("embedding", transpose(network, tokens, {1, 0}), sizes.tokens,
                               options.embedding);
  const RecurrentResult result = add_recurrent(network, "rnn", x, shape, nullptr, carried.initial);
  Value* states = transpose(network, result.output, {1, 0, 2});
  network.output("logits", add_scores(network, "", states, shape.hidden, options, sizes.tokens));
  deliver_states(network, result.final);
  return only_model(network.finish(carried.pairs));
}

}  // namespace gatefold
