#pragma once

#include <optional>
#include <vector>

#include "ir/graph.h"
#include "passes/column_cut.h"
#include "passes/rewrite.h"

namespace gatefold {

/// A part of a matrix that depends on weights only: rows and columns of `value`, or of its
/// transpose. A stack of matrices counts as one, each below the one before.
struct WeightBlock {
  Value* value = nullptr;  ///< nullptr for an identity matrix.
  bool transposed = false;
  IndexRange rows;
  IndexRange columns;

  bool operator==(const WeightBlock&) const = default;
};

/// One product scale * operand * weight of a sum.
struct LinearTerm {
  Value* operand = nullptr;  ///< [N, K]
  WeightBlock weight;        ///< [K, columns]
  double scale = 1;
};

/// A vector that depends on weights only: elements of `value`, axis for axis one behind the other;
/// a single number is the same in all columns.
struct BiasBlock {
  Value* value = nullptr;
  IndexRange columns;
  double scale = 1;
};

/// scale * operand * weight, element by element: a peephole.
struct ElementTerm {
  Value* operand = nullptr;  ///< [N, H]
  BiasBlock weight;          ///< Its scale is that of the term.
};

/// A value [N, H] written as a sum: sum_k scale_k operand_k * weight_k + sum_j scale_j bias_j.
struct LinearSum {
  std::vector<LinearTerm> terms;
  std::vector<BiasBlock> biases;
  std::vector<ElementTerm> peepholes;  ///< Of find_linear_terms_and_peepholes only.
};

/// True when the value is a constant, a parameter, or computed from those alone by a formula of at
/// most 256 values.
bool depends_on_weights_only(const Value& value);

/// Writes columns of a value as a sum of products with weights, looking through Add, Sum, Sub, Neg,
/// factors that are constant numbers, Gemm, MatMul, cuts of columns and planes and changes of rank;
/// nothing when something else stands in the way. A row of a sequence that is added as it is,
/// because its product was taken of all rows at once, has an identity matrix as its weight.
std::optional<LinearSum> find_linear_terms(const ColumnCut& cut, const PassContext& context);
/// The same for all columns of a value.
std::optional<LinearSum> find_linear_terms(Value& value, const PassContext& context);

/// The same where operands may also be multiplied element by element.
std::optional<LinearSum> find_linear_terms_and_peepholes(const ColumnCut& cut,
                                                         const PassContext& context);

/// The sum times -1.
LinearSum negated(LinearSum sum);

/// The transpose of the term's weight times its scale: [columns, rows].
Value* build_transposed_weight(Rewriter& rewriter, const LinearTerm& term);
/// The block times its scale as a vector [columns].
Value* build_bias(Rewriter& rewriter, const BiasBlock& block);

}  // namespace gatefold
