#pragma once

#include <cstddef>
#include <memory>
#include <unordered_map>
#include <vector>

#include "backend/executable.h"
#include "backend/packed_weights.h"
#include "backend/plan/slot.h"
#include "ir/graph.h"

namespace gatefold {

/// What is to be computed of a graph, or of a sub-graph in it.
struct NeededNodes {
  /// The nodes that some output needs and whose result is not known, in order.
  std::vector<const Node*> nodes;
  /// The place in `nodes` of the last one that reads a value, itself or in its sub-graphs.
  std::unordered_map<const Value*, std::size_t> last_reads;
};

/// A graph made ready for planning: what all plans of an Executable share. Immutable but for the
/// packed weights, which guard themselves.
class PreparedGraph {
 public:
  PreparedGraph(std::shared_ptr<const Graph> graph, CompileOptions options);

  const Graph& graph() const { return *graph_; }
  const CompileOptions& options() const { return options_; }
  PackedWeights& packed() const { return packed_; }
  const NeededNodes& needed_of(const Graph& graph) const { return needed_.at(&graph); }
  /// What the needed nodes in the sub-graphs of a node read from around them, without what is
  /// known, each value once.
  const std::vector<const Value*>& captured(const Node& node) const;
  /// The numbers of a value that depends on constants and parameters only; else nullptr.
  const Tensor* known(const Value* value) const;
  /// The slots of all such values.
  const Slots::Table& known_slots() const { return known_; }

 private:
  void add_known(const Value* value, const Tensor& numbers);
  void find_known(const Graph& graph);
  void find_needed_nodes(const Graph& graph);
  std::vector<const Value*> find_captured(const std::vector<Graph*>& bodies) const;

  std::shared_ptr<const Graph> graph_;
  Slots::Table known_;
  std::unordered_map<const Graph*, NeededNodes> needed_;
  std::unordered_map<const Node*, std::vector<const Value*>> captured_;
  CompileOptions options_;
  mutable PackedWeights packed_;
};

}  // namespace gatefold
