#include "ir/evaluate.h"

#include <algorithm>
#include <unordered_map>

#include "ir/infer.h"
#include "ir/op_def.h"

namespace gatefold {
namespace {

Datum converted(const Datum& datum, DataType from, DataType to) {
  if (const auto* tensor = std::get_if<Tensor>(&datum)) {
    return tensor->dtype() == from ? tensor->converted(to) : *tensor;
  }
  // All tensors of a sequence are of one element type.
  const auto* sequence = std::get_if<Sequence>(&datum);
  if (sequence == nullptr || sequence->empty() || (*sequence)[0].dtype() != from) return datum;
  std::vector<Tensor> tensors = sequence->tensors();
  for (Tensor& tensor : tensors) tensor = tensor.converted(to);
  return Sequence(tensors);
}

Datum widened_to_double(Datum datum) {
  for (const DataType dtype : {DataType::kFloat32, DataType::kFloat16, DataType::kBfloat16}) {
    datum = converted(datum, dtype, DataType::kFloat64);
  }
  return datum;
}

// Infers the node's types from what its inputs are, which fails where they do not fit: extents and
// numbers may not have been known before. Nodes of sub-graphs are checked one by one.
void check_inputs(const Node& node, std::span<const Datum* const> inputs) {
  if (!node.sub_graphs().empty()) return;
  std::vector<Type> types(inputs.size());
  std::vector<const Type*> given(inputs.size());
  std::vector<const Tensor*> numbers(inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i] == nullptr) continue;
    const Type& stated = node.input(i)->type();
    const auto* tensor = std::get_if<Tensor>(inputs[i]);
    const bool is_tensor = tensor != nullptr && tensor->is_defined();
    types[i] = is_tensor ? Type(stated.dtype, tensor->dims()) : stated;
    given[i] = &types[i];
    const bool is_read = is_tensor && !node.op().reads_only_shapes;
    if (is_read && tensor->dtype() == stated.dtype) numbers[i] = tensor;
  }
  infer_node(node, given, numbers, {}, {});
}

bool is_half(const Datum* datum) {
  const auto* tensor = datum == nullptr ? nullptr : std::get_if<Tensor>(datum);
  return tensor != nullptr && is_half(tensor->dtype());
}

void compute(const Node& node, std::span<const Datum* const> inputs, std::span<Datum> outputs,
             Precision precision, const RunSubGraph& run_sub_graph) {
  const auto evaluate_from = [&](std::span<const Datum* const> given) {
    EvaluateContext context(node, given, outputs, precision, run_sub_graph);
    node.op().evaluate(context);
  };
  const bool widens =
      node.op().widen_half &&
      std::any_of(inputs.begin(), inputs.end(), [](const Datum* datum) { return is_half(datum); });
  if (!widens) return evaluate_from(inputs);
  std::vector<Datum> widened(inputs.size());
  std::vector<const Datum*> pointers(inputs.begin(), inputs.end());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!is_half(inputs[i])) continue;
    widened[i] = std::get<Tensor>(*inputs[i]).converted(DataType::kFloat32);
    pointers[i] = &widened[i];
  }
  evaluate_from(pointers);
  if (precision == Precision::kDouble) return;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (node.output(i) == nullptr || !is_half(node.output(i)->type().dtype)) continue;
    outputs[i] = converted(outputs[i], DataType::kFloat32, node.output(i)->type().dtype);
  }
}

/// Runs a graph, its sub-graphs seeing the values of the graphs around them.
class Evaluator {
 public:
  explicit Evaluator(Precision precision) : precision_(precision) {}

  std::vector<Datum> run(const Graph& graph, std::vector<Datum> inputs) {
    for (std::size_t i = 0; i < graph.inputs().size(); ++i) {
      set(graph.inputs()[i], std::move(inputs[i]));
    }
    for (const auto& value : graph.initializers()) {
      if (values_.find(value.get()) == values_.end()) set(value.get(), *value->data());
    }
    for (const auto& node : graph.nodes()) run(*node);
    std::vector<Datum> outputs;
    for (const Graph::Output& output : graph.outputs()) outputs.push_back(values_.at(output.value));
    return outputs;
  }

 private:
  void set(const Value* value, Datum datum) {
    values_[value] =
        precision_ == Precision::kDouble ? widened_to_double(std::move(datum)) : std::move(datum);
  }

  void run(const Node& node) {
    std::vector<const Datum*> inputs;
    for (const Value* value : node.inputs()) {
      inputs.push_back(value == nullptr ? nullptr : &values_.at(value));
    }
    std::vector<Datum> outputs(node.output_count());
    evaluate_node(node, inputs, outputs, precision_, run_sub_graph_);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (node.output(i) != nullptr) set(node.output(i), std::move(outputs[i]));
    }
  }

  Precision precision_;
  std::unordered_map<const Value*, Datum> values_;
  RunSubGraph run_sub_graph_ = [this](const Graph& graph, std::vector<Datum> inputs) {
    return run(graph, std::move(inputs));
  };
};

}  // namespace

Tensor& EvaluateContext::output(std::size_t index, DataType dtype, Dims dims) {
  if (index >= outputs_.size()) return unwanted_ = Tensor(dtype, std::move(dims));
  Datum& datum = outputs_[index];
  auto* tensor = std::get_if<Tensor>(&datum);
  if (tensor == nullptr || tensor->dtype() != dtype || tensor->dims() != dims) {
    datum = Tensor(dtype, std::move(dims));
  }
  return std::get<Tensor>(datum);
}

void EvaluateContext::set_output(std::size_t index, Datum datum) {
  if (index < outputs_.size()) outputs_[index] = std::move(datum);
}

DataType EvaluateContext::compute_type(DataType stated) const {
  return precision_ == Precision::kDouble && is_float(stated) ? DataType::kFloat64 : stated;
}

std::int64_t EvaluateContext::axis(std::int64_t axis, std::int64_t rank) const {
  if (axis < -rank || axis >= rank) {
    fail("axis {} is outside [{}, {}), the axes of a tensor with {} dimensions", axis, -rank, rank,
         rank);
  }
  return axis < 0 ? axis + rank : axis;
}

void evaluate_node(const Node& node, std::span<const Datum* const> inputs, std::span<Datum> outputs,
                   Precision precision, const RunSubGraph& run_sub_graph) {
  check_inputs(node, inputs);
  compute(node, inputs, outputs, precision, run_sub_graph);
}

void evaluate_inferred_node(const Node& node, std::span<const Datum* const> inputs,
                            std::span<Datum> outputs) {
  compute(node, inputs, outputs, Precision::kNative, {});
}

std::vector<Datum> evaluate(const Graph& graph, std::vector<Datum> inputs, Precision precision) {
  return Evaluator(precision).run(graph, std::move(inputs));
}

}  // namespace gatefold
