#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "backend/executable.h"
#include "backend/packed_weights.h"
#include "ir/graph.h"

namespace gatefold {

/// A graph made ready for planning: what all plans of an Executable share. Immutable but for the
/// packed weights, which guard themselves.
class PreparedGraph {
 public:
  PreparedGraph(std::shared_ptr<const Graph> graph, CompileOptions options);

  const Graph& graph() const { return *graph_; }
  const CompileOptions& options() const { return options_; }
  PackedWeights& packed() const { return packed_; }
  /// The nodes of the graph, or of a sub-graph in it, that some output needs and whose result is
  /// not known, in order.
  const std::vector<const Node*>& nodes_of(const Graph& graph) const { return nodes_.at(&graph); }
  /// What the sub-graphs of a node read from around them; see captured_values.
  const std::vector<Value*>& captured(const Node& node) const;
  /// The numbers of a value that depends on constants and parameters only; else nullptr.
  const Tensor* known(const Value* value) const;

 private:
  void find_known(const Graph& graph);
  void find_needed_nodes(const Graph& graph);

  std::shared_ptr<const Graph> graph_;
  std::unordered_map<const Value*, Tensor> known_;
  std::unordered_map<const Graph*, std::vector<const Node*>> nodes_;
  std::unordered_map<const Node*, std::vector<Value*>> captured_;
  CompileOptions options_;
  mutable PackedWeights packed_;
};

}  // namespace gatefold
