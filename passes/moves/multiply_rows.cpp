#include <algorithm>

#include "ir/op_def.h"
#include "passes/passes.h"
#include "passes/rewriting/axes.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/rewrite.h"

namespace gatefold::passes {
namespace {

using Ints = std::vector<std::int64_t>;
using Result = std::optional<Replacement>;

Value* transposed(Rewriter& rewriter, Value* matrix) {
  return rewriter.add("Transpose", {matrix}, {{"perm", Ints{1, 0}}});
}

// x of a computed value x' with two axes; nullptr for others.
Value* before_transpose(const Value* value) {
  const Node* transpose = producer_of(value, "Transpose");
  if (transpose == nullptr || value->depends_on_weights_only()) return nullptr;
  const bool swaps =
      transpose->input(0)->type().has_rank() && permutation_of(*transpose) == Ints{1, 0};
  return swaps ? transpose->input(0) : nullptr;
}

// A matrix that a step reads of a sequence, by its number.
bool is_step_of_sequence(const Value& value) {
  const Node* gather = producer_of(&value, "Gather");
  if (gather == nullptr || value.depends_on_weights_only()) return false;
  const Type& source = gather->input(0)->type();
  const Type& number = gather->input(1)->type();
  return source.has_rank() && source.rank() == 3 && number.has_rank() && number.rank() == 0;
}

// The transpose of what stands in columns: of a Transpose, a single column, a step of a sequence,
// or such below each other and below weights. nullptr for others.
Value* rows_of_columns(Value* value, Rewriter& rewriter) {
  if (Value* rows = before_transpose(value)) return rows;
  const Type& type = value->type();
  if (!type.has_rank() || type.rank() != 2) return nullptr;
  const Node* concat = producer_of(value, "Concat");
  if (concat == nullptr || positive_axis(concat->attr_int("axis"), 2) != 0) {
    const bool is_column = type.shape->back().is(1) || is_step_of_sequence(*value);
    return is_column ? transposed(rewriter, value) : nullptr;
  }
  std::vector<Value*> rows;
  for (Value* part : concat->inputs()) {
    rows.push_back(part->depends_on_weights_only() ? transposed(rewriter, part)
                                                   : rows_of_columns(part, rewriter));
    if (rows.back() == nullptr) return nullptr;
  }
  return rewriter.add("Concat", rows, {{"axis", std::int64_t{1}}});
}

// (x W')' for W x', where W is a weight; nullptr for other products.
Value* build_product(Value* weight, Value* columns, Rewriter& rewriter) {
  const Type& type = weight->type();
  if (!weight->depends_on_weights_only() || columns->depends_on_weights_only()) return nullptr;
  if (!type.has_rank() || type.rank() != 2) return nullptr;
  Value* rows = rows_of_columns(columns, rewriter);
  if (rows == nullptr) return nullptr;
  Value* product = rewriter.add("MatMul", {rows, transposed(rewriter, weight)});
  return transposed(rewriter, product);
}

// MatMul (W, Transpose (x)) -> Transpose (MatMul (x, Transpose (W)))
Result matmul(Node& node, Rewriter& rewriter) {
  Value* product = build_product(node.input(0), node.input(1), rewriter);
  return product == nullptr ? std::nullopt : Result(Replacement{product});
}

// Gemm (W, Transpose (x), c) -> Add (Transpose (MatMul (x, Transpose (W))), c)
Result gemm(Node& node, Rewriter& rewriter) {
  const bool is_plain = node.attr_int("transA") == 0 && node.attr_int("transB") == 0 &&
                        node.attr_float("alpha") == 1.0F && node.attr_float("beta") == 1.0F;
  Value* product = is_plain ? build_product(node.input(0), node.input(1), rewriter) : nullptr;
  if (product == nullptr) return std::nullopt;
  Value* addend = node.input(2);
  return Replacement{addend == nullptr ? product : rewriter.add("Add", {product, addend})};
}

// Transpose (Transpose (x)) -> x
Result transpose(Node& node, Rewriter& /*rewriter*/) {
  const Value* columns = before_transpose(node.output());
  Value* x = columns == nullptr ? nullptr : before_transpose(columns);
  return x == nullptr ? std::nullopt : Result(Replacement{x});
}

// f (Transpose (x)) -> Transpose (f (x))
Result unary(Node& node, Rewriter& rewriter) {
  Value* x = before_transpose(node.input(0));
  if (x == nullptr) return std::nullopt;
  std::vector<Value*> inputs = node.inputs();
  inputs.front() = x;
  return Replacement{transposed(rewriter, rewriter.add(node.op().name, inputs, node.attrs()))};
}

// An operand of what is computed element by element, before it is transposed; nullptr when it is no
// Transpose, weight or number.
Value* operand_before_transpose(Value* value, Rewriter& rewriter) {
  if (Value* x = before_transpose(value)) return x;
  const Type& type = value->type();
  if (!value->depends_on_weights_only() || !type.is_static()) return nullptr;
  if (element_count(type.dims()) == 1 && type.rank() < 2) return value;
  return type.rank() == 2 ? transposed(rewriter, value) : nullptr;
}

// f (Transpose (x), Transpose (y)) -> Transpose (f (x, y)), also of weights
Result binary(Node& node, Rewriter& rewriter) {
  const auto& operands = node.inputs();
  const bool has_columns = std::any_of(operands.begin(), operands.end(), [](const Value* operand) {
    return before_transpose(operand) != nullptr;
  });
  if (!has_columns) return std::nullopt;
  std::vector<Value*> inputs;
  for (Value* operand : operands) {
    inputs.push_back(operand_before_transpose(operand, rewriter));
    if (inputs.back() == nullptr) return std::nullopt;
  }
  return Replacement{transposed(rewriter, rewriter.add(node.op().name, inputs, node.attrs()))};
}

// Slice (Transpose (x)) -> Transpose (Slice (x)); reversals stay behind Transposes.
Result slice(Node& node, Rewriter& rewriter) {
  Value* x = before_transpose(node.input(0));
  const auto axes = constant_ints(rewriter, node.input(3));
  const auto steps = constant_ints(rewriter, node.input(4));
  const bool reverses = steps && steps->front() < 0;
  if (x == nullptr || !axes || axes->size() != 1 || reverses) return std::nullopt;
  std::vector<Value*> inputs = node.inputs();
  inputs[0] = x;
  inputs[3] = rewriter.add_ints({1 - positive_axis(axes->front(), 2)});
  return Replacement{transposed(rewriter, rewriter.add("Slice", inputs))};
}

// Split (Transpose (x)) -> Transposes of Split (x)
Result split(Node& node, Rewriter& rewriter) {
  Value* x = before_transpose(node.input(0));
  if (x == nullptr) return std::nullopt;
  Attrs attrs = node.attrs();
  attrs["axis"] = 1 - positive_axis(node.attr_int("axis"), 2);
  std::vector<Value*> inputs = node.inputs();
  inputs[0] = x;
  const Node* parts = rewriter.add_node("Split", inputs, node.output_count(), std::move(attrs));
  Replacement result;
  for (std::size_t i = 0; i < node.output_count(); ++i) {
    result.push_back(transposed(rewriter, parts->output(i)));
  }
  return result;
}

constexpr Rule kRules[] = {
    {"transpose", "Transpose", transpose},
    {"matmul", "MatMul", matmul},
    {"gemm", "Gemm", gemm},
    {"add", "Add", binary},
    {"sub", "Sub", binary},
    {"mul", "Mul", binary},
    {"div", "Div", binary},
    {"neg", "Neg", unary},
    {"sigmoid", "Sigmoid", unary},
    {"tanh", "Tanh", unary},
    {"relu", "Relu", unary},
    {"slice", "Slice", slice},
    {"split", "Split", split},
};

}  // namespace

bool multiply_rows(Graph& graph, PassContext& context) { return rewrite(graph, context, kRules); }

}  // namespace gatefold::passes
