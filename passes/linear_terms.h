#pragma once

#include <optional>
#include <vector>

#include "ir/graph.h"
#include "passes/rewrite.h"

namespace gatefold {

/// Columns [first, last) of a matrix or vector.
struct IndexRange {
  std::int64_t first = 0;
  std::int64_t last = 0;

  std::int64_t size() const { return last - first; }
  bool operator==(const IndexRange&) const = default;
};

/// A part of a matrix that depends on weights only: rows and columns of `value`, or of its
/// transpose.
struct WeightBlock {
  Value* value = nullptr;
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

/// A vector that depends on weights only.
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

/// Writes a rank-2 value as a sum of products with weights, looking through Add, Gemm, MatMul,
/// Split, Slice, Concat of operands and changes of rank; nothing when something else stands in the
/// way.
std::optional<LinearSum> find_linear_terms(Value& value, const PassContext& context);

/// The transpose of the block: [columns, rows].
Value* build_transposed_weight(Rewriter& rewriter, const WeightBlock& block);
/// The block as a vector [columns].
Value* build_bias(Rewriter& rewriter, const BiasBlock& block);

}  // namespace gatefold
