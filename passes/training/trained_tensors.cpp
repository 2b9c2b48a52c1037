#include "passes/training/trained_tensors.h"

#include <algorithm>
#include <unordered_set>

#include "ir/op_def.h"
#include "passes/gradients/gradient_paths.h"
#include "passes/training/model_parts.h"
#include "passes/training/tensor_content.h"
#include "passes/training/tensor_uses.h"

namespace gatefold {
namespace {

using Role = TensorUse::Role;
using Standing = FileTensor::Standing;

bool have_only(const std::vector<TensorUse>& uses, Role role) {
  return !uses.empty() && std::all_of(uses.begin(), uses.end(),
                                      [role](const TensorUse& use) { return use.role == role; });
}

bool have(const std::vector<TensorUse>& uses, Role role) {
  return std::any_of(uses.begin(), uses.end(),
                     [role](const TensorUse& use) { return use.role == role; });
}

/// What makes a tensor data, if anything does.
std::string why_data(const Value& value, const std::vector<TensorUse>& uses) {
  const Tensor& numbers = *value.data();
  if (numbers.size() == 0) return "no numbers";
  if (numbers.rank() == 0) return "scalar";
  if (numbers.size() == 1 && value.kind() == Value::Kind::kConstant)
    return "constant of one number";
  std::string reason = why_data(numbers);
  if (!reason.empty()) return reason;
  return have_only(uses, Role::kState) && is_all(numbers, 0) ? "initial state of zeros" : "";
}

/// The nodes whose parameter a tensor is at once, if there are several that are not steps of one
/// layer. Different layers seldom start with the same random numbers, so only tensors of one number
/// throughout are taken for merged ones; but look-ups and products may share a table.
std::vector<std::string> layers_of(const Tensor& tensor, const std::vector<TensorUse>& uses) {
  const bool is_table = have(uses, Role::kLookUp) && have(uses, Role::kOther);
  const bool may_be_merged = is_uniform(tensor);
  std::vector<std::string> layers;
  std::unordered_set<const void*> seen;
  for (const TensorUse& use : uses) {
    const bool is_norm = use.role == Role::kNormalization;
    const bool reads_table = is_table && (use.role == Role::kLookUp || use.role == Role::kOther);
    const bool counts = is_norm || may_be_merged || reads_table;
    if (counts && seen.insert(use.layer).second) layers.push_back(use.node->describe());
  }
  if (layers.size() < 2) layers.clear();
  return layers;
}

FileTensor judge(const Value& value, bool is_on_path, TensorUseSearch& search) {
  FileTensor tensor{&value};
  const std::vector<TensorUse> uses = is_on_path ? search.uses_of(value) : std::vector<TensorUse>();
  if (!is_on_path) {
    tensor.standing = Standing::kApart;
    tensor.reason = "the loss has no gradient by it";
    return tensor;
  }
  if (have_only(uses, Role::kStatistic)) {
    tensor.standing = Standing::kStatistic;
    tensor.reason = "running statistic";
    return tensor;
  }
  tensor.reason = why_data(value, uses);
  if (!tensor.reason.empty()) {
    tensor.standing = Standing::kData;
    return tensor;
  }
  if (have_only(uses, Role::kElementwise) ||
      (have(uses, Role::kElementwise) && have(uses, Role::kLookUp))) {
    tensor.reason = why_doubtful(*value.data());
  }
  if (!tensor.reason.empty()) tensor.standing = Standing::kDoubtful;
  tensor.layers = layers_of(*value.data(), uses);
  return tensor;
}

}  // namespace

std::vector<FileTensor> find_tensors(const Graph& graph, std::span<Value* const> judged) {
  const SubGraphMap sub_graphs(graph);
  const std::unordered_set<const Value*> on_path = values_on_gradient_paths(sub_graphs, judged);
  TensorUseSearch search(graph, sub_graphs, on_path);
  std::vector<FileTensor> tensors;
  for (const Value* value : all_float_tensors(graph)) {
    tensors.push_back(judge(*value, on_path.contains(value), search));
  }
  return tensors;
}

}  // namespace gatefold
