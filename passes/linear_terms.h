#pragma once

#include <optional>
#include <vector>

#include "ir/graph.h"
#include "passes/column_cut.h"
#include "passes/rewrite.h"

namespace gatefold {

/// A part of a matrix that depends on weights only: rows and columns of `value`, or of its
/// transpose.
struct WeightBlock {
  Value* value = nullptr;  ///< nullptr for an identity matrix.
  bool transposed = false;
  IndexRange rows;
  IndexRange columns;

  bool operator==(const WeightBlock&) const = default;
};

/// One product operand * weight of a sum.
struct LinearTerm {
  Value* operand = nullptr;  ///< [N, K]
  WeightBlock weight;        ///< [K, columns]
};

/// A vector that depends on weights only; a single number is the same in all columns.
struct BiasBlock {
  Value* value = nullptr;
  IndexRange columns;

  bool operator==(const BiasBlock&) const = default;
};

/// A value [N, H] written as a sum: sum_k operand_k * weight_k + sum_j bias_j.
struct LinearSum {
  std::vector<LinearTerm> terms;
  std::vector<BiasBlock> biases;
};

/// True when the value is a constant, a parameter, or computed from those alone.
bool depends_on_weights_only(const Value& value);

/// Writes columns of a value as a sum of products with weights, looking through Add, Sum, Gemm,
/// MatMul, cuts of columns, Concat of operands and changes of rank; nothing when something else
/// stands in the way. A row of a sequence that is added as it is, because its product was taken of
/// all rows at once, has an identity matrix as its weight.
std::optional<LinearSum> find_linear_terms(const ColumnCut& cut, const PassContext& context);
/// The same for all columns of a value.
std::optional<LinearSum> find_linear_terms(Value& value, const PassContext& context);

/// The transpose of the term's weight: [columns, rows].
Value* build_transposed_weight(Rewriter& rewriter, const LinearTerm& term);
/// The block as a vector [columns].
Value* build_bias(Rewriter& rewriter, const BiasBlock& block);

}  // namespace gatefold
