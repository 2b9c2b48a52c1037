#include <string>
#include <utility>

#include "language/templates/building.h"
#include "language/templates/models.h"

namespace gatefold {
namespace {

/// Looks up the vectors of tokens that are read, which begin with numbers from (-1/2E, 1/2E) as in
/// word2vec (Mikolov and others, 2013): with those of nn.Embedding, whose products are in the tens,
/// rare tokens would stay where they began.
Value* look_up_read(Network& network, const std::string& module, Value* tokens,
                    std::int64_t vocabulary, std::int64_t width) {
  Value* table =
      network.bounded(module + ".weight", {vocabulary, width}, 0.5 / static_cast<double>(width));
  return network.builder().add("Gather", {table, tokens});
}

/// Looks up the vectors of tokens that are told, which begin with zeros, as in word2vec.
Value* look_up_told(Network& network, const std::string& module, Value* tokens,
                    std::int64_t vocabulary, std::int64_t width) {
  Value* table = network.filled(module + ".weight", {vocabulary, width}, 0);
  return network.builder().add("Gather", {table, tokens});
}

/// The products of a vector of each example with its candidates: [N, E], [N, K, E] -> [N, K].
Value* scores_of(Network& network, Value* vector, Value* candidates) {
  GraphBuilder& builder = network.builder();
  Value* column = builder.add("Unsqueeze", {vector, builder.add_ints({2})});
  return builder.add("Squeeze",
                     {builder.add("MatMul", {candidates, column}), builder.add_ints({2})});
}

}  // namespace

std::vector<NamedModel> make_skipgram(const TemplateOptions& options, const DataSizes& sizes) {
  Network network("skipgram", options.seed);
  Value* center = network.input("center", tokens_type({"N"}));
  Value* context = network.input("context", tokens_type({"N", "K"}));
  Value* vector = look_up_read(network, "center", center, sizes.tokens, options.embedding);
  Value* candidates = look_up_told(network, "context", context, sizes.tokens, options.embedding);
  network.output("scores", scores_of(network, vector, candidates));
  return only_model(network.finish());
}

std::vector<NamedModel> make_cbow(const TemplateOptions& options, const DataSizes& sizes) {
  Network network("cbow", options.seed);
  Value* context = network.input("context", tokens_type({"N", "W"}));
  Value* lengths = network.input("lengths", tokens_type({"N"}));
  Value* candidates = network.input("candidates", tokens_type({"N", "K"}));
  Value* around = look_up_read(network, "context", context, sizes.tokens, options.embedding);
  Value* mean = mean_of(network, around, mask_of(network, context, lengths), lengths);
  Value* vectors = look_up_told(network, "center", candidates, sizes.tokens, options.embedding);
  network.output("scores", scores_of(network, mean, vectors));
  return only_model(network.finish());
}

}  // namespace gatefold
