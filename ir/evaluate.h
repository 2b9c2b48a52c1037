#pragma once

#include <functional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "ir/error.h"
#include "ir/graph.h"
#include "ir/tensor.h"

namespace gatefold {

/// Number format in which the evaluator computes.
enum class Precision : std::int8_t {
  kNative,  ///< Each tensor in its own element type.
  kDouble,  ///< Every floating-point tensor in double: the oracle for kernels and gradients.
};

class EvaluateContext;

/// Runs a sub-graph on inputs and returns its outputs.
using RunSubGraph =
    std::function<std::vector<Datum>(const Graph& graph, std::vector<Datum> inputs)>;

/// What an operator's `evaluate` sees: its node, the inputs, and a place for the outputs. Half
/// precision inputs arrive widened to float unless the OpDef says otherwise.
class EvaluateContext {
 public:
  EvaluateContext(const Node& node, std::span<const Datum* const> inputs, std::span<Datum> outputs,
                  Precision precision, const RunSubGraph& run_sub_graph)
      : node_(node),
        inputs_(inputs),
        outputs_(outputs),
        precision_(precision),
        run_sub_graph_(run_sub_graph) {}

  const Node& node() const { return node_; }
  Precision precision() const { return precision_; }
  std::size_t input_count() const { return inputs_.size(); }
  bool has_input(std::size_t index) const {
    return index < inputs_.size() && inputs_[index] != nullptr;
  }
  const Tensor& input(std::size_t index) const { return std::get<Tensor>(*inputs_[index]); }
  const Datum& datum(std::size_t index) const { return *inputs_[index]; }

  std::size_t output_count() const { return outputs_.size(); }
  /// False when nobody wants the output; making it anyway does no harm.
  bool has_output(std::size_t index) const { return node_.output(index) != nullptr; }
  /// Output `index` as a fresh tensor of zeros, or memory of that very type prepared by the caller
  /// (its content is then undefined: write every element).
  Tensor& output(std::size_t index, DataType dtype, Dims dims);
  void set_output(std::size_t index, Datum datum);

  /// The element type to compute in where an attribute names one: double for every float type when
  /// the precision is kDouble.
  DataType compute_type(DataType stated) const;
  std::vector<Datum> run_sub_graph(const Graph& graph, std::vector<Datum> inputs) const {
    return run_sub_graph_(graph, std::move(inputs));
  }

  /// Throws Error: "node 'gates' (Gemm): <message>".
  template <typename... Args>
  [[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) const {
    throw Error(node_.describe() + ": " + fmt::format(format, std::forward<Args>(args)...));
  }
  /// `axis` in [0, rank); fails when outside [-rank, rank).
  std::int64_t axis(std::int64_t axis, std::int64_t rank) const;

 private:
  const Node& node_;
  std::span<const Datum* const> inputs_;
  std::span<Datum> outputs_;
  Precision precision_;
  const RunSubGraph& run_sub_graph_;
  Tensor unwanted_;
};

/// Computes one node. `outputs` has one entry per output of the node; an entry that already holds a
/// tensor of the right type is written in place. Throws Error.
void evaluate_node(const Node& node, std::span<const Datum* const> inputs, std::span<Datum> outputs,
                   Precision precision, const RunSubGraph& run_sub_graph);
/// The same in the inputs' own types, for a node whose types have been inferred from these very
/// inputs, so that they fit.
void evaluate_inferred_node(const Node& node, std::span<const Datum* const> inputs,
                            std::span<Datum> outputs);

/// Computes a whole graph with plain loops: slow and sure. One input per graph input. In kDouble,
/// floating-point inputs, parameters and constants are converted to double first and the outputs
/// are double. Throws Error.
std::vector<Datum> evaluate(const Graph& graph, std::vector<Datum> inputs,
                            Precision precision = Precision::kNative);

}  // namespace gatefold
