#include <algorithm>
#include <array>

#include "ir/op_def.h"
#include "passes/loops/loop_rows.h"
#include "passes/rewriting/axes.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/row_functions.h"

namespace gatefold {
namespace {

using Ints = std::vector<std::int64_t>;

// What is done to each element alone, whatever the shape.
constexpr std::array<std::string_view, 21> kElementwise = {
    "Cast",     "Relu", "Tanh",     "Sigmoid", "HardSigmoid", "LeakyRelu", "Elu",
    "Softplus", "Neg",  "Softsign", "Exp",     "Log",         "Sqrt",      "Abs",
    "Clip",     "Add",  "Sub",      "Mul",     "Div",         "Pow",       "Sum"};

bool is_elementwise(std::string_view op) {
  return std::find(kElementwise.begin(), kElementwise.end(), op) != kElementwise.end();
}

}  // namespace

std::optional<Rows> LoopRows::map_node(const Node& node, std::size_t output) {
  if (!node.op().domain.empty() || output != 0) return std::nullopt;
  const std::string_view op = node.op().name;
  if (op == "Identity") return rows_of(node.input(0));
  if (op == "Gemm") return map_gemm(node);
  if (op == "MatMul") return map_matmul(node);
  if (op == "Concat") return map_concat(node);
  if (op == "Squeeze" || op == "Unsqueeze") return map_rank_change(node);
  return is_elementwise(op) ? map_elements(node) : map_row_function(node);
}

// What is computed of each row of the last axis alone, like Softmax.
std::optional<Rows> LoopRows::map_row_function(const Node& node) {
  const auto port = row_input(node);
  if (!port || is_outside(node.input(*port))) return std::nullopt;
  const auto rows = rows_of(node.input(*port));
  if (!rows) return std::nullopt;
  std::vector<Value*> inputs = node.inputs();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (i != *port && !is_outside(inputs[i])) return std::nullopt;
    if (i != *port && inputs[i] != nullptr) inputs[i] = outside(inputs[i]);
  }
  inputs[*port] = rows->value;
  Attrs attrs = node.attrs();
  if (node.find_attr("axis") != nullptr) attrs["axis"] = std::int64_t{-1};
  return Rows{rewriter_.add(node.op().name, inputs, attrs), rows->backwards};
}

// Values from outside are aligned with the last axes of the rows, as they are in the body.
std::optional<Rows> LoopRows::map_elements(const Node& node) {
  const std::int64_t rank = node.output()->type().rank();
  std::vector<Value*> inputs;
  std::optional<bool> backwards;
  for (Value* input : node.inputs()) {
    if (input == nullptr || is_outside(input)) {
      if (input != nullptr && (!input->type().has_rank() || input->type().rank() > rank)) {
        return std::nullopt;
      }
      inputs.push_back(input == nullptr ? nullptr : outside(input));
      continue;
    }
    const auto rows = rows_of(input);
    if (!rows || rows->value->type().rank() != rank + 1) return std::nullopt;
    if (!backwards) backwards = rows->backwards;
    inputs.push_back(in_order(*rows, *backwards));
  }
  if (!backwards) return std::nullopt;
  return Rows{rewriter_.add(node.op().name, inputs, node.attrs()), *backwards};
}

std::optional<Rows> LoopRows::map_matmul(const Node& node) {
  Value* weight = node.input(1);
  if (!is_outside(weight) || !weight->type().has_rank() || weight->type().rank() != 2) {
    return std::nullopt;
  }
  const auto rows = rows_of(node.input(0));
  if (!rows || rows->value->type().rank() < 3) return std::nullopt;
  return Rows{rewriter_.add("MatMul", {rows->value, outside(weight)}), rows->backwards};
}

std::optional<Rows> LoopRows::map_gemm(const Node& node) {
  const bool is_plain = node.attr_int("transA") == 0 && node.attr_float("alpha") == 1.0F &&
                        node.attr_float("beta") == 1.0F;
  if (!is_plain || !is_outside(node.input(1)) || !is_outside(node.input(2))) return std::nullopt;
  const auto rows = rows_of(node.input(0));
  if (!rows) return std::nullopt;
  Value* weight = outside(node.input(1));
  if (node.attr_int("transB") != 0) {
    weight = rewriter_.add("Transpose", {weight}, {{"perm", Ints{1, 0}}});
  }
  Value* result = rewriter_.add("MatMul", {rows->value, weight});
  if (node.input(2) != nullptr) result = rewriter_.add("Add", {result, outside(node.input(2))});
  return Rows{result, rows->backwards};
}

std::optional<Rows> LoopRows::map_concat(const Node& node) {
  const std::int64_t axis = positive_axis(node.attr_int("axis"), node.output()->type().rank());
  std::vector<Value*> parts;
  std::optional<bool> backwards;
  for (Value* part : node.inputs()) {
    const auto rows = is_outside(part) ? std::nullopt : rows_of(part);
    if (!rows) return std::nullopt;
    if (!backwards) backwards = rows->backwards;
    parts.push_back(in_order(*rows, *backwards));
  }
  return Rows{rewriter_.add("Concat", parts, {{"axis", axis + 1}}), *backwards};
}

std::optional<Rows> LoopRows::map_rank_change(const Node& node) {
  auto axes = moved_axes(node, rewriter_);
  const auto rows = rows_of(node.input(0));
  if (!axes || !rows) return std::nullopt;
  for (std::int64_t& axis : *axes) ++axis;
  return Rows{rewriter_.add(node.op().name, {rows->value, ints(*axes)}), rows->backwards};
}

}  // namespace gatefold
