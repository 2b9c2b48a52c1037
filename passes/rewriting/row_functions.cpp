#include "passes/rewriting/row_functions.h"

#include <algorithm>

#include "ir/op_def.h"
#include "passes/rewriting/axes.h"

namespace gatefold {
namespace {

using Port = std::optional<std::size_t>;

bool has_rank_up_to(const Value* value, std::int64_t rank) {
  return value == nullptr || (value->type().has_rank() && value->type().rank() <= rank);
}

Port of_elements(const Node& /*node*/) { return 0; }

// The other operand is a vector or a number.
Port of_operands(const Node& node) {
  const Type& type = node.output()->type();
  for (const std::size_t port : {0, 1}) {
    const Type& operand = node.input(port)->type();
    if (!operand.has_rank() || operand.rank() != type.rank() || type.rank() < 1) continue;
    const Dim& columns = operand.shape->back();
    const bool keeps_columns = columns.same_as(type.shape->back());
    if (keeps_columns && has_rank_up_to(node.input(1 - port), 1)) return port;
  }
  return std::nullopt;
}

Port of_matmul(const Node& node) {
  const Type& weight = node.input(1)->type();
  const Type& type = node.input(0)->type();
  const bool is_one_matrix = weight.has_rank() && weight.rank() == 2;
  return is_one_matrix && type.has_rank() && type.rank() >= 2 ? Port(0) : std::nullopt;
}

Port of_gemm(const Node& node) {
  return node.attr_int("transA") == 0 && has_rank_up_to(node.input(2), 1) ? Port(0) : std::nullopt;
}

// What rows are scaled with, and what is added to them, is one vector or number for all.
Port along_last_axis(const Node& node) {
  const Type& type = node.input(0)->type();
  if (!type.has_rank() || type.rank() < 1) return std::nullopt;
  if (!has_rank_up_to(node.input(1), 1) || !has_rank_up_to(node.input(2), 1)) return std::nullopt;
  const bool is_last = positive_axis(node.attr_int("axis"), type.rank()) == type.rank() - 1;
  return is_last && node.output(1) == nullptr ? Port(0) : std::nullopt;
}

struct RowFunction {
  std::string_view op;
  Port (*port)(const Node& node);
};

constexpr RowFunction kRowFunctions[] = {
    {"Abs", of_elements},
    {"Add", of_operands},
    {"Div", of_operands},
    {"Elu", of_elements},
    {"Erf", of_elements},
    {"Exp", of_elements},
    {"Gelu", of_elements},
    {"Gemm", of_gemm},
    {"HardSigmoid", of_elements},
    {"HardSwish", of_elements},
    {"LayerNormalization", along_last_axis},
    {"LeakyRelu", of_elements},
    {"LogSoftmax", along_last_axis},
    {"MatMul", of_matmul},
    {"Mul", of_operands},
    {"Neg", of_elements},
    {"Pow", of_operands},
    {"Relu", of_elements},
    {"Selu", of_elements},
    {"Sigmoid", of_elements},
    {"Softmax", along_last_axis},
    {"Softplus", of_elements},
    {"Sqrt", of_elements},
    {"Sub", of_operands},
    {"Tanh", of_elements},
};

}  // namespace

std::optional<std::size_t> row_input(const Node& node) {
  const auto* row = std::find_if(std::begin(kRowFunctions), std::end(kRowFunctions),
                                 [&](const RowFunction& f) { return f.op == node.op().name; });
  const bool is_known = row != std::end(kRowFunctions) && node.op().domain == kOnnxDomain;
  return is_known ? row->port(node) : std::nullopt;
}

}  // namespace gatefold
