#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "passes/gradients/gradient_builder.h"

/// Reverse-mode differentiation of graphs by a table of rules, one per operator.
namespace gatefold {

/// Gradients in the order of the values they belong to; nullptr stands for zero.
using Gradients = std::vector<Value*>;

/// Returns the gradients of the node's inputs, then of the values its sub-graphs capture (see
/// captured_values), for the gradients `dY` of its outputs; at least one of those is given. The
/// list may be shorter. A gradient may have the extents that broadcasting gave its input: the
/// driver sums it back. For an input with several uses each use contributes; the driver adds them
/// up.
using GradientRule = Gradients (*)(GradientBuilder& g, Node& node, const Gradients& dY);

/// A node's outputs as formulas of its inputs, made of operators that have rules; the list may be
/// shorter.
using Formula = std::vector<Value*> (*)(GradientBuilder& g, const Node& node);

/// The gradient of an operator: one entry of the table.
struct GradientEntry {
  std::string_view op;
  std::string_view domain = kOnnxDomain;
  /// nullptr where there is none; `reason` then says why.
  GradientRule rule = nullptr;
  /// The gradient is zero wherever it exists (steps, integers, shapes): nothing flows through.
  bool is_zero = false;
  std::string_view reason = {};
  /// Inputs that are settings: nothing flows to them, whatever their type.
  std::vector<std::size_t> settings = {};
  /// What an operator without kernels is computed by: see the pass expand-formulas. Gives nothing
  /// for nodes that are to stay.
  Formula formula = nullptr;
};

/// Returns the operator's entry of the table; nullptr if it has none.
const GradientEntry* find_gradient(const OpDef& op);

/// Whether values of the type may have gradients: floating-point tensors, and what holds such, so
/// that a path through it is refused and not overlooked.
bool may_have_gradient(const Type& type);

/// Returns the name of a value's gradient: "<name>_grad".
std::string gradient_name(const Value& value);

/// Adds to the graph the gradients of `y` with respect to `targets` and returns them, nullptr for
/// those that y does not depend on. `dy` is the gradient of y itself, of its type; nullptr stands
/// for ones. Only nodes between the targets and y are visited. The gradients of the targets go by
/// their gradient_name. Throws Error, naming the path, when a node on it cannot be differentiated.
Gradients add_gradients(Graph& graph, Value& y, Value* dy, std::span<Value* const> targets);

/// The nodes of a graph in order; with `last`, those behind it.
std::vector<Node*> nodes_behind(const Graph& graph, const Node* last = nullptr);

/// The values that depend on `targets` by these nodes, along paths on which gradients flow; the
/// targets, which may belong to graphs around, are among them.
std::unordered_set<const Value*> dependents_of(std::span<Node* const> nodes,
                                               std::span<Value* const> targets);

/// For rules that differentiate a graph of their own or a formula of their making, which these
/// nodes are: adds the gradients of sum_i dy_i * y_i with respect to `targets` to the graph and
/// returns them, nullptr where nothing flows. A dy that is nullptr stands for zero. A target may
/// belong to a graph around `graph`.
Gradients differentiate(Graph& graph, const std::vector<Node*>& nodes, std::span<Value* const> y,
                        const Gradients& dy, std::span<Value* const> targets);

}  // namespace gatefold
