#include "ir/op_def.h"
#include "passes/passes.h"
#include "passes/rewriting/axes.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/rewrite.h"

namespace gatefold::passes {
namespace {

using Result = std::optional<Replacement>;
using Ints = std::vector<std::int64_t>;

// A matrix of a type that every runtime multiplies with Gemm.
bool is_matrix(const Value& value) {
  const Type& type = value.type();
  return type.is_tensor() && type.has_rank() && type.rank() == 2 &&
         (type.dtype == DataType::kFloat32 || type.dtype == DataType::kFloat64);
}

// The value of which `value` is the transpose, when it is a transposed matrix.
Value* behind_transpose(const Value* value) {
  const Node* transpose = producer_of(value, "Transpose");
  if (transpose == nullptr || !is_matrix(*value)) return nullptr;
  return permutation_of(*transpose) == Ints{1, 0} ? transpose->input(0) : nullptr;
}

// Add (MatMul (a, b), c) -> Gemm (a, b, c); also of a Gemm that adds nothing
Result add_of_product(Node& node, Rewriter& rewriter) {
  for (const std::size_t side : {0, 1}) {
    Value* sum = node.input(side);
    const Node* product = producer_of(sum, "MatMul");
    if (product == nullptr) product = producer_of(sum, "Gemm");
    if (product == nullptr || product->input(2) != nullptr) continue;
    if (!is_matrix(*product->input(0)) || !is_matrix(*product->input(1))) continue;
    if (!have_same_shape(sum->type(), node.output()->type())) {
      return rewriter.no_match("adding '{}' widens the product", node.input(1 - side)->name());
    }
    if (!is_used_once(*sum)) return rewriter.no_match("'{}' is used elsewhere", sum->name());
    Attrs attrs = product->attrs();
    attrs.erase("beta");  // It counts an addend that the product does not have.
    return Replacement{rewriter.add(
        "Gemm", {product->input(0), product->input(1), node.input(1 - side)}, std::move(attrs))};
  }
  return std::nullopt;
}

// Gemm (Transpose (a), b, c) -> Gemm <transA> (a, b, c), and the same of b
Result gemm_of_transpose(Node& node, Rewriter& rewriter) {
  std::vector<Value*> inputs = node.inputs();
  Attrs attrs = node.attrs();
  bool changed = false;
  for (const auto& [port, name] : {std::pair{0, "transA"}, std::pair{1, "transB"}}) {
    if (Value* source = behind_transpose(inputs[port])) {
      inputs[port] = source;
      attrs[name] = std::int64_t{node.attr_int(name) == 0};
      changed = true;
    }
  }
  if (!changed) return std::nullopt;
  return Replacement{rewriter.add("Gemm", inputs, attrs)};
}

// MatMul (Transpose (a), b) -> Gemm <transA> (a, b), and the same of b
Result matmul_of_transpose(Node& node, Rewriter& rewriter) {
  std::vector<Value*> inputs = node.inputs();
  if (!is_matrix(*inputs[0]) || !is_matrix(*inputs[1])) return std::nullopt;
  Attrs attrs;
  for (const auto& [port, name] : {std::pair{0, "transA"}, std::pair{1, "transB"}}) {
    if (Value* source = behind_transpose(inputs[port])) {
      inputs[port] = source;
      attrs[name] = std::int64_t{1};
    }
  }
  if (attrs.empty()) return std::nullopt;
  return Replacement{rewriter.add("Gemm", inputs, attrs)};
}

constexpr Rule kRules[] = {
    {"add-of-product", "Add", add_of_product},
    {"gemm-of-transpose", "Gemm", gemm_of_transpose},
    {"matmul-of-transpose", "MatMul", matmul_of_transpose},
};

}  // namespace

bool form_gemm(Graph& graph, PassContext& context) { return rewrite(graph, context, kRules); }

}  // namespace gatefold::passes
