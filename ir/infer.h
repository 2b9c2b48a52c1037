#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "ir/error.h"
#include "ir/graph.h"
#include "ir/op_def.h"

namespace gatefold {

/// Infers a sub-graph for inputs of the given types and returns the types of its outputs.
using InferSubGraph = std::function<std::vector<Type>(Graph& graph, std::vector<Type> inputs)>;

/// What an operator's `infer` sees: its node, what is known of the inputs, and where to put what it
/// finds out about the outputs. Signature and attributes have been checked against the OpDef when
/// `infer` is called: required inputs exist, element types are allowed and tied types agree.
class InferContext {
 public:
  /// `inputs[i]` is nullptr for a missing input; `values[i]` is nullptr where the numbers are not
  /// known. `elements` may be shorter than the inputs.
  InferContext(const Node& node, std::span<const Type* const> inputs,
               std::span<const Tensor* const> values,
               std::span<const std::optional<std::vector<Element>>> elements,
               const InferSubGraph& infer_sub_graph)
      : node_(node),
        inputs_(inputs),
        values_(values),
        elements_(elements),
        infer_sub_graph_(infer_sub_graph),
        outputs_(node.output_count()) {}

  const Node& node() const { return node_; }
  std::size_t input_count() const { return inputs_.size(); }
  bool has_input(std::size_t index) const {
    return index < inputs_.size() && inputs_[index] != nullptr;
  }
  const Type& input(std::size_t index) const { return *inputs_[index]; }
  /// The input's numbers where they are known before running, else nullptr.
  const Tensor* value(std::size_t index) const {
    return index < values_.size() ? values_[index] : nullptr;
  }
  /// The input's elements where at least some of them are known before running, else nullptr: for
  /// shapes such as [batch, 8] that are only partly numbers.
  const std::vector<Element>* elements(std::size_t index) const {
    return index < elements_.size() && elements_[index] ? &*elements_[index] : nullptr;
  }
  /// Rank of an input, checked to be known: call has_rank first where that may fail.
  bool has_rank(std::size_t index) const { return input(index).has_rank(); }
  std::int64_t rank(std::size_t index) const { return input(index).rank(); }
  const Shape& shape(std::size_t index) const { return *input(index).shape; }
  DataType dtype(std::size_t index) const { return input(index).dtype; }

  /// Unwanted outputs may be set, too.
  void set_output(std::size_t index, Type type) {
    if (index < outputs_.size()) outputs_[index] = std::move(type);
  }
  std::vector<Type> infer_sub_graph(Graph& graph, std::vector<Type> inputs) const {
    return infer_sub_graph_(graph, std::move(inputs));
  }

  /// Throws Error: "node 'gates' (Gemm): <message>".
  template <typename... Args>
  [[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) const {
    throw Error(node_.describe() + ": " + fmt::format(format, std::forward<Args>(args)...));
  }
  /// fail() unless the input's rank is unknown or equal to `rank`.
  void expect_rank(std::size_t index, std::int64_t rank) const;
  /// Attribute `name` (or `axis` itself) as an axis in [0, rank); fails when outside [-rank, rank).
  std::int64_t axis(std::int64_t axis, std::int64_t rank) const;
  /// "input A"
  std::string name_of_input(std::size_t index) const;

  const std::vector<Type>& outputs() const { return outputs_; }
  std::vector<Type> take_outputs() { return std::move(outputs_); }

 private:
  const Node& node_;
  std::span<const Type* const> inputs_;
  std::span<const Tensor* const> values_;
  std::span<const std::optional<std::vector<Element>>> elements_;
  const InferSubGraph& infer_sub_graph_;
  std::vector<Type> outputs_;
};

/// Checks a node against its OpDef as far as that does not depend on its inputs' types: the number
/// of inputs and outputs, and the attributes. Throws Error.
void check_signature(const Node& node);

/// The types of the outputs of a node whose signature has been checked, for the given inputs:
/// checks their element types, then calls `infer`. Types of unwanted outputs are left undefined.
/// Throws Error.
std::vector<Type> infer_outputs(const Node& node, std::span<const Type* const> inputs,
                                std::span<const Tensor* const> values,
                                std::span<const std::optional<std::vector<Element>>> elements,
                                const InferSubGraph& infer_sub_graph);

/// check_signature, then infer_outputs.
std::vector<Type> infer_node(const Node& node, std::span<const Type* const> inputs,
                             std::span<const Tensor* const> values,
                             std::span<const std::optional<std::vector<Element>>> elements,
                             const InferSubGraph& infer_sub_graph);

/// Sets the types of the node's outputs, and of everything inside its sub-graphs, from the types
/// and constant values of its inputs.
void infer_types(Node& node);
/// The same for every node in order.
void infer_types(Graph& graph);

/// Building blocks for `infer`:

/// The shape of `a` op `b` under numpy's broadcasting; fails naming both shapes.
Shape broadcast(const InferContext& context, const Shape& a, const Shape& b);
/// The most that is known of an extent described twice; fails (with `what`) when the two disagree.
Dim merge(const InferContext& context, const Dim& a, const Dim& b, std::string_view what);
/// Output 0 has the type of input 0.
void infer_same_as_input(InferContext& context);

}  // namespace gatefold
