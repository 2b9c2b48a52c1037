#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ir/error.h"
#include "ir/graph.h"
#include "passes/pass.h"

namespace gatefold {

/// What replaces a node's outputs, one entry each; nullptr leaves that output's uses alone.
using Replacement = std::vector<Value*>;

/// What a rule sees of its surroundings: it builds new nodes, which stand before the node that it
/// looks at and have their types inferred, and says why it gives up.
class Rewriter {
 public:
  Rewriter(Node& node, PassContext& context) : node_(node), position_(&node), context_(context) {}

  PassContext& context() const { return context_; }
  const Tensor* constant(const Value* value) const { return context_.constant(value); }

  /// Adds a node of ONNX's own domain with one output.
  Value* add(std::string_view op, const std::vector<Value*>& inputs, Attrs attrs = {});
  /// Adds a node with several outputs.
  Node* add_node(std::string_view op, const std::vector<Value*>& inputs, std::size_t outputs,
                 Attrs attrs = {});
  /// Takes a node that stands at the end of the graph as if this rule had added it in its place.
  void adopt(Node& node);
  Value* add_constant(std::string_view name, Tensor data);
  Value* add_parameter(std::string_view name, Tensor data);
  /// A constant list of int64.
  Value* add_ints(const std::vector<std::int64_t>& values);

  /// New nodes stand before `position` instead: for patterns whose first result is read before the
  /// node that the rule looks at.
  void insert_before(Node& position) { position_ = &position; }
  /// A value of the pattern beside the node's outputs that is replaced as well.
  void also_replace(Value* before, Value* after) { replaced_.emplace_back(before, after); }

  /// Tells --explain that `node` was close to a match but for `reason`; for `return no_match(...)`.
  template <typename... Args>
  std::nullopt_t no_match(fmt::format_string<Args...> format, Args&&... args) const {
    if (context_.explain) {
      context_.explain(node_.describe() + ": " + fmt::format(format, std::forward<Args>(args)...));
    }
    return std::nullopt;
  }

  /// The nodes added so far, in order.
  const std::vector<Node*>& added() const { return added_; }
  const std::vector<std::pair<Value*, Value*>>& replaced() const { return replaced_; }

 private:
  Node& node_;
  Node* position_;
  PassContext& context_;
  std::vector<Node*> added_;
  std::vector<std::pair<Value*, Value*>> replaced_;
};

/// One rewrite: looks at a node and the values around it and returns what to put in its place, or
/// nothing. It changes nothing itself; nodes it added are discarded when it returns nothing.
struct Rule {
  std::string_view name;
  std::string_view op;  ///< Of the nodes it looks at; empty: of all.
  std::optional<Replacement> (*apply)(Node& node, Rewriter& rewriter);
};

/// Applies the rules to every node of the graph and its sub-graphs until none matches: checks that
/// types stay as they are, moves the uses over, removes what is dead, and looks again at what is
/// near the change. Returns true when anything was replaced. Throws Error, naming the rule, when a
/// replacement has another type than what it replaces.
bool rewrite(Graph& graph, PassContext& context, std::span<const Rule> rules);

/// True when the nodes are given the same attributes; those that hold a tensor or a graph never
/// are.
bool have_equal_attrs(const Node& a, const Node& b);

/// True when both ranks are known and every extent is surely the same.
bool have_same_shape(const Type& a, const Type& b);

/// True when a single node input or graph output reads the value.
bool is_used_once(const Value& value);

/// Removes the node when nothing uses its outputs, then the nodes and constants that only it used.
void erase_if_dead(Node* node, const std::function<void(Node&)>& before_erase = {});

}  // namespace gatefold
