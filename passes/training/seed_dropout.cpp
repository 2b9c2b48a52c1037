#include "passes/training/seed_dropout.h"

#include <vector>

namespace gatefold {
namespace {

/// False for a Dropout that surely does nothing.
bool is_active(const Node& node) {
  const Value* mode = node.input(2);
  return mode != nullptr && (!mode->has_data() || mode->data()->number_at(0) != 0);
}

// kept = u >= ratio or not training; output = x / (1 - ratio) where kept and training, else 0 or x
void spell_out(GraphBuilder& g, Node& node, Value& counter, std::int64_t seed) {
  const Term x(g, node.input(0));
  const Term training(g, node.input(2));
  const Term ratio = node.input(1) == nullptr
                         ? x.number(0.5)
                         : Term(g, node.input(1)).apply("CastLike", node.input(0));
  const Term uniform = Term(g, g.add("CounterUniform", {g.shape_of(*x.value()), &counter},
                                     {{"seed", seed}}, kGatefoldDomain))
                           .apply("CastLike", node.input(0));
  const Term kept = uniform.apply("GreaterOrEqual", ratio).apply("Or", training.apply("Not"));
  const Term scale = where(training, 1.0 - ratio, x.number(1));
  g.graph().replace_all_uses(node.output(0), where(kept, x / scale, x.number(0)));
  if (node.output(1) != nullptr) g.graph().replace_all_uses(node.output(1), kept);
}

void switch_off(GraphBuilder& g, Node& node) {
  g.graph().replace_all_uses(node.output(0), node.input(0));
  if (node.output(1) == nullptr) return;
  const Term x(g, node.input(0));
  g.graph().replace_all_uses(node.output(1), x.apply("Equal", x));
}

}  // namespace

void seed_dropout(GraphBuilder& g, Value* counter, std::int64_t seed) {
  std::vector<Node*> nodes;
  for (const auto& node : g.graph().nodes()) {
    if (node->op().name == "Dropout" && is_active(*node)) nodes.push_back(node.get());
  }
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (counter == nullptr) {
      switch_off(g, *nodes[i]);
    } else {
      // Far apart, so that neighbouring seeds share no sequence.
      spell_out(g, *nodes[i], *counter, seed + (static_cast<std::int64_t>(i + 1) << 32));
    }
  }
  for (Node* node : nodes) g.graph().erase_node(node);
  if (!nodes.empty()) g.graph().sort_topologically();
}

}  // namespace gatefold
