#include "passes/rewriting/row_functions.h"

#include <algorithm>

#include "ir/op_def.h"
#include "passes/rewriting/axes.h"
#include "passes/rewriting/match.h"

namespace gatefold {
namespace {

// Functions of the numbers of a row together.
bool is_of_rows(const OpDef& op) {
  return is_one_of(op.name, {"Gemm", "LayerNormalization", "LogSoftmax", "MatMul", "Softmax"});
}

// Functions of numbers one by one.
bool is_of_elements(const OpDef& op) {
  return is_one_of(op.name, {"Abs",         "Add",       "Div",       "Elu",  "Erf", "Exp", "Gelu",
                             "HardSigmoid", "HardSwish", "LeakyRelu", "Mul",  "Neg", "Pow", "Relu",
                             "Selu",        "Sigmoid",   "Softplus",  "Sqrt", "Sub", "Tanh"});
}

// What rows are multiplied with is one matrix for all; what they are scaled with, and what is added
// to them, is one vector or number.
bool takes_rows(const Node& node) {
  const std::string_view op = node.op().name;
  const bool multiplies = op == "Gemm" || op == "MatMul";
  for (std::size_t port = 1; port < node.input_count(); ++port) {
    const Value* shared = node.input(port);
    const std::int64_t most = multiplies && port == 1 ? 2 : 1;
    if (shared != nullptr && !(shared->type().has_rank() && shared->type().rank() <= most)) {
      return false;
    }
  }
  if (op == "Gemm") return node.attr_int("transA") == 0;
  const Type& type = node.input(0)->type();
  if (!type.has_rank() || type.rank() < 1) return false;
  if (op == "MatMul") return type.rank() > 1 && node.input(1)->type().rank() == 2;
  return node.output(1) == nullptr &&
         positive_axis(node.attr_int("axis"), type.rank()) == type.rank() - 1;
}

// The other operands do not reach the axis, or have one element there.
bool takes_elements(const Node& node, std::size_t port, std::int64_t behind, bool is_new) {
  if (node.input_count() == 1) return true;
  const Type& type = node.input(port)->type();
  const Type& result = node.output()->type();
  if (!type.has_rank() || !result.has_rank() || type.rank() != result.rank()) return false;
  for (std::size_t other = 0; other < node.input_count(); ++other) {
    const Type& shared = node.input(other)->type();
    if (other == port) continue;
    if (!shared.has_rank()) return false;
    const auto reach = shared.rank();
    const bool is_same = reach <= behind || (!is_new && (shared.shape->end() - 1 - behind)->is(1));
    const bool keeps_extents =
        std::equal(type.shape->end() - reach, type.shape->end(), result.shape->end() - reach,
                   [](const Dim& before, const Dim& after) { return before.same_as(after); });
    if (!is_same || !keeps_extents) return false;
  }
  return true;
}

}  // namespace

bool works_along(const Node& node, std::size_t port, std::int64_t behind, bool is_new) {
  if (node.op().domain != kOnnxDomain) return false;
  if (is_of_elements(node.op())) return takes_elements(node, port, behind, is_new);
  return is_of_rows(node.op()) && port == 0 && behind > 0 && takes_rows(node);
}

std::optional<std::size_t> row_input(const Node& node) {
  for (std::size_t port = 0; port < node.input_count(); ++port) {
    if (works_along(node, port, 1, true)) return port;
  }
  return std::nullopt;
}

}  // namespace gatefold
