#include <string>
#include <utility>

#include "ir/error.h"
#include "language/templates/building.h"
#include "language/templates/models.h"
#include "language/templates/transformer.h"

namespace gatefold {
namespace {

TransformerShape shape_of(const TemplateOptions& options) {
  if (options.embedding % options.heads != 0) {
    fail("--embedding {} cannot be shared out to {} heads; give a multiple of --heads",
         options.embedding, options.heads);
  }
  return {.width = options.embedding,
          .heads = options.heads,
          .hidden = options.hidden,
          .layers = options.layers};
}

/// The vectors of the tokens plus those of their positions: [N, T, D].
Value* embed(Network& network, Value* tokens, Value* positions, const TemplateOptions& options,
             const DataSizes& sizes) {
  Value* words =
      network.embedding("embedding", tokens, sizes.tokens, options.embedding, sizes.padding);
  Value* places = network.embedding("position", positions, options.window, options.embedding);
  return network.builder().add("Add", {words, places});
}

}  // namespace

std::vector<NamedModel> make_transformer_encoder(const TemplateOptions& options,
                                                 const DataSizes& sizes) {
  Network network("transformer_encoder", options.seed);
  GraphBuilder& builder = network.builder();
  Value* tokens = network.input("tokens", tokens_type({"N", "T"}));
  Value* lengths = network.input("lengths", tokens_type({"N"}));
  Value* mask = mask_of(network, tokens, lengths);
  Value* allowed = builder.add("Unsqueeze", {mask, builder.add_ints({1, 2})});
  Value* x = add_transformer(network, "encoder",
                             embed(network, tokens, positions_of(network, tokens), options, sizes),
                             allowed, shape_of(options));
  network.output("logits", network.linear("fc", mean_of(network, x, mask, lengths),
                                          options.embedding, sizes.targets));
  return only_model(network.finish());
}

std::vector<NamedModel> make_transformer_lm(const TemplateOptions& options,
                                            const DataSizes& sizes) {
  Network network("transformer_lm", options.seed);
  GraphBuilder& builder = network.builder();
  Value* tokens = network.input("tokens", tokens_type({"N", "T"}));
  Value* positions = positions_of(network, tokens);
  Value* column = builder.add("Unsqueeze", {positions, builder.add_ints({1})});
  Value* allowed = builder.add("LessOrEqual", {positions, column});
  Value* x = add_transformer(network, "encoder", embed(network, tokens, positions, options, sizes),
                             allowed, shape_of(options));
  network.output("logits", add_scores(network, "", x, options.embedding, options, sizes.tokens));
  return only_model(network.finish());
}

}  // namespace gatefold
