#pragma once

#include <unordered_set>

#include "passes/rewriting/graph_builder.h"

namespace gatefold {

/// What a gradient rule builds with.
class GradientBuilder : public GraphBuilder {
 public:
  /// `wanted` are the values whose gradient somebody asks for or needs on the way to it.
  GradientBuilder(Graph& graph, const std::unordered_set<const Value*>& wanted)
      : GraphBuilder(graph), wanted_(wanted) {}

  /// Whether the gradient with respect to a value is needed at all; a rule may return nullptr for
  /// the others.
  bool wants(const Value* value) const { return value != nullptr && wanted_.count(value) > 0; }
  /// The same for input `index` of a node.
  bool wants(const Node& node, std::size_t index) const { return wants(node.input(index)); }

 private:
  const std::unordered_set<const Value*>& wanted_;
};

}  // namespace gatefold
