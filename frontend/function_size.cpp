#include "frontend/function_size.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "frontend/node_order.h"
#include "ir/error.h"

namespace gatefold {
namespace {

/// What a piece of a model unfolds to.
struct Size {
  std::int64_t nodes = 0;  ///< Calls that are unfolded count, too.
  int depth = 0;           ///< Calls and sub-graphs inside each other.

  /// Adds what stands beside it.
  void add(const Size& other) {
    nodes = std::min(nodes + other.nodes, kMostUnfoldedNodes + 1);
    depth = std::max(depth, other.depth);
  }
  /// As it lies inside a node.
  Size nested() const { return {nodes, depth + 1}; }
};

class FunctionSizes {
 public:
  explicit FunctionSizes(const FunctionTable& functions) : functions_(functions) {}

  /// Of a graph that is no function's: its own nodes do not count.
  void check(const onnx::GraphProto& graph) {
    for (const auto& node : graph.node()) {
      Size size = inside(node);
      total_.add(size);
      if (total_.nodes <= kMostUnfoldedNodes) continue;
      fail(
          "{}: with it the functions that the model calls unfold to more than {} nodes and calls; "
          "repeat "
          "what they do by a Loop or Scan",
          describe(node), kMostUnfoldedNodes);
    }
  }

 private:
  template <typename Nodes>
  Size of_nodes(const Nodes& nodes, bool count_nodes) {
    Size size;
    for (const auto& node : nodes) {
      if (count_nodes) size.add({1, 0});
      size.add(inside(node));
    }
    return size;
  }

  /// What the sub-graphs of the node and the function that it calls unfold to.
  Size inside(const onnx::NodeProto& node) {
    Size size;
    ++depth_;
    for (const auto& attribute : node.attribute()) {
      if (holds_graph(attribute)) {
        check_depth(node, 0);
        size.add(of_nodes(attribute.g().node(), is_in_function()).nested());
      }
    }
    if (const auto* function = functions_.find(node)) {
      size.add(of_function(*function, node).nested());
    }
    --depth_;
    return size;
  }

  Size of_function(const onnx::FunctionProto& function, const onnx::NodeProto& call) {
    const auto [entry, is_new] = known_.try_emplace(&function);
    if (!is_new && !entry->second) fail("{}: the function calls itself", describe(call));
    if (is_new) {
      check_depth(call, 0);
      ++open_functions_;
      const Size size = of_nodes(function.node(), true);
      --open_functions_;
      known_[&function] = size;
      return size;
    }
    check_depth(call, entry->second->depth);
    return *entry->second;
  }

  void check_depth(const onnx::NodeProto& node, int inner) const {
    if (depth_ + inner <= kDeepestNesting) return;
    fail("{}: functions and sub-graphs lie more than {} deep inside each other", describe(node),
         kDeepestNesting);
  }

  bool is_in_function() const { return open_functions_ > 0; }

  const FunctionTable& functions_;
  /// Nothing while a function is being looked at.
  std::unordered_map<const onnx::FunctionProto*, std::optional<Size>> known_;
  int depth_ = 0;
  int open_functions_ = 0;
  Size total_;
};

}  // namespace

void check_function_sizes(const onnx::ModelProto& model, const FunctionTable& functions) {
  FunctionSizes sizes(functions);
  sizes.check(model.graph());
  for (const auto& stage : model.training_info()) {
    sizes.check(stage.initialization());
    sizes.check(stage.algorithm());
  }
}

}  // namespace gatefold
