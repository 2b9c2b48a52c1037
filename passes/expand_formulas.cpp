#include <algorithm>
#include <unordered_set>

#include "passes/gradients/gradients.h"
#include "passes/passes.h"
#include "passes/rewriting/rewrite.h"

namespace gatefold::passes {
namespace {

bool has_known_ranks(const Node& node) {
  return std::ranges::all_of(node.inputs(), [](const Value* input) {
    return input == nullptr || input->type().has_rank();
  });
}

// A node without kernels -> the operators of its formula, which have some
std::optional<Replacement> formula(Node& node, Rewriter& rewriter) {
  if (!has_known_ranks(node)) return rewriter.no_match("the rank of an input is not known");
  Graph& graph = *node.graph();
  const Node* last = graph.nodes().back().get();
  const std::unordered_set<const Value*> no_gradients;
  GradientBuilder builder(graph, no_gradients);
  Replacement results = find_gradient(node.op())->formula(builder, node);
  for (Node* added : nodes_behind(graph, last)) rewriter.adopt(*added);
  if (results.empty()) return std::nullopt;
  return results;
}

// Those whose entries have a formula, by name, so that other graphs need no table of gradients.
constexpr Rule kRules[] = {
    {"attention", "Attention", formula},
    {"rotary-embedding", "RotaryEmbedding", formula},
    {"lp-normalization", "LpNormalization", formula},
    {"mean-variance-normalization", "MeanVarianceNormalization", formula},
    {"lp-pool", "LpPool", formula},
    {"global-lp-pool", "GlobalLpPool", formula},
    {"reduce-log-sum-exp", "ReduceLogSumExp", formula},
};

}  // namespace

bool expand_formulas(Graph& graph, PassContext& context) { return rewrite(graph, context, kRules); }

}  // namespace gatefold::passes
