#include <algorithm>

#include "ir/elements.h"
#include "ir/evaluate.h"
#include "ir/op_def.h"
#include "passes/passes.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/rewrite.h"

namespace gatefold::passes {
namespace {

// A node that makes much out of little (Expand, Tile, ConstantOfShape) is cheaper to run than to
// store.
constexpr std::size_t kLargestGrowth = 64 * 1024;

std::size_t bytes_of(const std::vector<Datum>& data) {
  std::size_t bytes = 0;
  for (const Datum& datum : data) {
    if (const auto* tensor = std::get_if<Tensor>(&datum)) bytes += tensor->bytes();
  }
  return bytes;
}

// The inputs as numbers, or nothing when one of them is not known.
std::optional<std::vector<Datum>> known_inputs(const Node& node, const PassContext& context) {
  std::vector<Datum> inputs(node.input_count());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Value* value = node.input(i);
    if (value == nullptr) continue;
    if (const Tensor* tensor = context.constant(value)) {
      inputs[i] = *tensor;
    } else if (node.op().reads_only_shapes && value->type().is_static()) {
      inputs[i] = Tensor::view(value->type().dtype, value->type().dims(), nullptr);
    } else {
      return std::nullopt;
    }
  }
  return inputs;
}

bool reads_parameter(const Node& node) {
  const auto& inputs = node.inputs();
  return std::any_of(inputs.begin(), inputs.end(), [](const Value* value) {
    return value != nullptr && value->kind() == Value::Kind::kParameter;
  });
}

// Shape arithmetic whose result is known although its inputs are not.
std::optional<Replacement> fold_elements(Node& node, Rewriter& rewriter) {
  const Value* output = node.output(0);
  if (node.output_count() != 1 || output == nullptr || !output->elements()) return std::nullopt;
  const auto tensor = to_tensor(*output->elements(), output->type());
  if (!tensor) return std::nullopt;
  return Replacement{rewriter.add_constant(output->name(), *tensor)};
}

std::optional<Replacement> fold(Node& node, Rewriter& rewriter) {
  if (node.op().is_random || !node.sub_graphs().empty()) return std::nullopt;
  const auto inputs = known_inputs(node, rewriter.context());
  if (!inputs) return std::nullopt;
  std::vector<const Datum*> pointers;
  for (std::size_t i = 0; i < inputs->size(); ++i) {
    pointers.push_back(node.input(i) == nullptr ? nullptr : &(*inputs)[i]);
  }
  std::vector<Datum> outputs(node.output_count());
  evaluate_node(node, pointers, outputs, Precision::kNative, {});
  if (!node.op().reads_only_shapes && bytes_of(outputs) > bytes_of(*inputs) + kLargestGrowth) {
    return rewriter.no_match("its result of {} bytes is too large to store", bytes_of(outputs));
  }
  Replacement replacement(node.output_count());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (node.output(i) == nullptr) continue;
    const auto* tensor = std::get_if<Tensor>(&outputs[i]);
    if (tensor == nullptr) return std::nullopt;
    const bool trained = reads_parameter(node) && is_float(tensor->dtype());
    replacement[i] = trained ? rewriter.add_parameter(node.output(i)->name(), *tensor)
                             : rewriter.add_constant(node.output(i)->name(), *tensor);
  }
  return replacement;
}

// All but products, and rows that are repeated for them.
std::optional<Replacement> fold_around(Node& node, Rewriter& rewriter) {
  const bool is_left = is_one_of(node.op().name, {"Einsum", "Expand", "Gemm", "MatMul"}) &&
                       is_float(node.output(0)->type().dtype);
  return is_left ? std::nullopt : fold(node, rewriter);
}

constexpr Rule kRules[] = {{"fold-elements", "", fold_elements}, {"fold", "", fold}};
constexpr Rule kRulesForSteps[] = {{"fold-elements", "", fold_elements}, {"fold", "", fold_around}};

}  // namespace

bool fold_constants(Graph& graph, PassContext& context) { return rewrite(graph, context, kRules); }

bool fold_around_steps(Graph& graph, PassContext& context) {
  return rewrite(graph, context, kRulesForSteps);
}

}  // namespace gatefold::passes
