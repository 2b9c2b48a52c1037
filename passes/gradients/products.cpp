#include <utility>

#include "passes/gradients/formula.h"
#include "passes/gradients/gradient_table.h"

namespace gatefold::gradients {
namespace {

Value* gemm(GradientBuilder& g, Value* a, bool transpose_a, Value* b, bool transpose_b,
            float alpha) {
  Attrs attrs;
  if (transpose_a) attrs["transA"] = std::int64_t{1};
  if (transpose_b) attrs["transB"] = std::int64_t{1};
  if (alpha != 1) attrs["alpha"] = alpha;
  return g.add("Gemm", {a, b}, attrs);
}

// Y = alpha op(A) op(B) + beta C
// dA = alpha dY op(B)^T, dB = alpha op(A)^T dY, each transposed once more where op transposes;
// dC = beta dY
Gradients gemm_rule(GradientBuilder& g, Node& node, const Gradients& dY) {
  Value* a = node.input(0);
  Value* b = node.input(1);
  const bool is_a_transposed = node.attr_int("transA") != 0;
  const bool is_b_transposed = node.attr_int("transB") != 0;
  const float alpha = node.attr_float("alpha");
  Gradients dX(3);
  if (g.wants(node, 0)) {
    dX[0] = is_a_transposed ? gemm(g, b, is_b_transposed, dY[0], true, alpha)
                            : gemm(g, dY[0], false, b, !is_b_transposed, alpha);
  }
  if (g.wants(node, 1)) {
    dX[1] = is_b_transposed ? gemm(g, dY[0], true, a, is_a_transposed, alpha)
                            : gemm(g, a, !is_a_transposed, dY[0], false, alpha);
  }
  if (g.wants(node, 2)) {
    const float beta = node.attr_float("beta");
    dX[2] = beta == 1 ? dY[0] : (Term(g, dY[0]) * static_cast<double>(beta)).value();
  }
  return dX;
}

bool has_rank(const Value& value, std::int64_t rank) {
  return value.type().has_rank() && value.type().rank() == rank;
}

/// [.., M, K] -> [.., K, M]
Value* transpose_matrices(GradientBuilder& g, Value* value) {
  const std::int64_t rank = value->type().rank();
  std::vector<std::int64_t> perm;
  for (std::int64_t axis = 0; axis < rank; ++axis) perm.push_back(axis);
  std::swap(perm[rank - 2], perm[rank - 1]);
  return g.add("Transpose", {value}, {{"perm", perm}});
}

/// All rows of a stack of matrices under each other: [.., M, K] -> [rows, K].
Value* rows_of(GradientBuilder& g, Value* value) {
  if (has_rank(*value, 2)) return value;
  Value* columns = g.add("Shape", {value}, {{"start", std::int64_t{-1}}});
  Value* extents = g.add("Concat", {g.add_ints({-1}), columns}, {{"axis", std::int64_t{0}}});
  return g.add("Reshape", {value, extents});
}

// Y = A B for a stack A, or a row, and one matrix B: two products of plain matrices. A column on
// the right is a matrix as well; `d` has its axis then.
Gradients matmul_by_matrix(GradientBuilder& g, Node& node, Value* b, Value* d) {
  Value* a = node.input(0);
  Value* rows = rows_of(g, d);
  Gradients dX(2);
  if (g.wants(node, 0)) {
    Value* product = gemm(g, rows, false, b, true, 1);
    dX[0] = has_rank(*a, 2) ? product : g.reshape_like(*product, *a);
  }
  if (g.wants(node, 1)) {
    Value* product = gemm(g, rows_of(g, a), true, rows, false, 1);
    dX[1] = b == node.input(1) ? product : g.reshape_like(*product, *node.input(1));
  }
  return dX;
}

// Y = A B; dA = dY B^T, dB = A^T dY. A vector on the left is a row, one on the right a column.
Gradients matmul_rule(GradientBuilder& g, Node& node, const Gradients& dY) {
  Value* a = node.input(0);
  Value* b = node.input(1);
  Value* d = dY[0];
  const std::int64_t b_rank = known_rank(node, 1);
  if (b_rank == 2) return matmul_by_matrix(g, node, b, d);
  if (b_rank == 1) {
    Value* column = g.add("Unsqueeze", {b, g.add_ints({1})});
    return matmul_by_matrix(g, node, column, g.add("Unsqueeze", {d, g.add_ints({-1})}));
  }
  const bool is_a_row = known_rank(node, 0) == 1;
  if (is_a_row) {
    a = g.add("Unsqueeze", {a, g.add_ints({0})});
    d = g.add("Unsqueeze", {d, g.add_ints({-2})});
  }
  Gradients dX(2);
  if (g.wants(node, 0)) {
    dX[0] = g.add("MatMul", {d, transpose_matrices(g, b)});
    if (is_a_row) dX[0] = g.add("Squeeze", {dX[0], g.add_ints({-2})});
  }
  if (g.wants(node, 1)) dX[1] = g.add("MatMul", {transpose_matrices(g, a), d});
  return dX;
}

}  // namespace

std::vector<GradientEntry> products() {
  return {
      {.op = "Gemm", .rule = gemm_rule},
      {.op = "MatMul", .rule = matmul_rule},
  };
}

}  // namespace gatefold::gradients
