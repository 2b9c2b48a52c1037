#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "ir/graph.h"
#include "passes/pass.h"

namespace gatefold {

/// A Loop or a Scan seen alike: the values that it carries from one iteration to the next, numbered
/// from 0, and the slices that it stacks.
class LoopView {
 public:
  /// `node` is a Loop or a Scan.
  explicit LoopView(Node& node);

  Node& node() const { return node_; }
  Graph& body() const { return body_; }
  bool is_scan() const { return is_scan_; }

  std::size_t carried_count() const { return carried_count_; }
  /// Which input of the node receives carried value 0.
  std::size_t first_carried() const { return offset_ + offset_; }
  /// The carried value as the node receives it.
  Value* initial(std::size_t index) const { return node_.input(first_carried() + index); }
  /// The body's input that holds it.
  Value* state(std::size_t index) const { return body_.inputs()[first_carried() + index]; }
  /// What the body makes of it.
  Value* next(std::size_t index) const { return body_.outputs()[offset_ + index].value; }
  /// What the node delivers of it; nullptr when nobody wants it.
  Value* final_value(std::size_t index) const { return node_.output(index); }

  std::size_t stacked_count() const { return body_.outputs().size() - offset_ - carried_count_; }
  /// The slice that the body makes for stacked output `index`.
  Value* slice(std::size_t index) const {
    return body_.outputs()[offset_ + carried_count_ + index].value;
  }
  Value* stacked(std::size_t index) const { return node_.output(carried_count_ + index); }

  /// Entry `index` of a list attribute of a Scan, as of scan_input_axes; 0 where it is left out.
  std::int64_t list_entry(std::string_view list, std::size_t index) const;

  /// Carries one value less: its state and its final value must have no uses.
  void erase_carried(std::size_t index);

 private:
  Node& node_;
  Graph& body_;
  bool is_scan_;
  std::size_t offset_;  // The body of a Loop gives the condition first; it receives one more.
  std::size_t carried_count_;
};

/// True for a Loop or a Scan.
bool is_loop(const Node& node);

/// The Loop or Scan whose body this is; nullptr for other graphs.
Node* loop_around(const Graph& graph);

/// Graph::sort_topologically of the graph and all sub-graphs in it.
void sort_topologically(Graph& graph);

/// What stands behind any number of Identity nodes.
Value* behind_identities(Value* value);

/// Copies a node before another one, reading what `map` says its inputs became; its outputs get
/// unique names and enter the map.
Node* copy_node(const Node& node, Node& before, Graph::ValueMap& map);
/// The same at the end of a graph.
Node* append_copy(const Node& node, Graph& graph, Graph::ValueMap& map);

/// Copies the nodes of a sub-graph of `before` in front of it, with the given values as inputs, and
/// returns what the outputs became.
std::vector<Value*> inline_body(const Graph& body, std::span<Value* const> arguments, Node& before);

}  // namespace gatefold
