#include <string>
#include <utility>

#include "language/templates/building.h"
#include "language/templates/models.h"

namespace gatefold {
namespace {

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
  Value* vector = network.embedding("center", center, sizes.tokens, options.embedding);
  Value* candidates = network.embedding("context", context, sizes.tokens, options.embedding);
  network.output("scores", scores_of(network, vector, candidates));
  return only_model(network.finish());
}

std::vector<NamedModel> make_cbow(const TemplateOptions& options, const DataSizes& sizes) {
  Network network("cbow", options.seed);
  Value* context = network.input("context", tokens_type({"N", "W"}));
  Value* lengths = network.input("lengths", tokens_type({"N"}));
  Value* candidates = network.input("candidates", tokens_type({"N", "K"}));
  Value* around = network.embedding("context", context, sizes.tokens, options.embedding);
  Value* mean = mean_of(network, around, mask_of(network, context, lengths), lengths);
  Value* vectors = network.embedding("center", candidates, sizes.tokens, options.embedding);
  network.output("scores", scores_of(network, mean, vectors));
  return only_model(network.finish());
}

}  // namespace gatefold
