#pragma once

#include <optional>
#include <vector>

#include "ir/view.h"
#include "passes/rewriting/rewrite.h"

/// The linear part of a recurrent step: sums of products with weights. The axes of the views are
/// those of the step's result, [.., H]: its rows and, last, its units.
namespace gatefold {

/// scale * operand * weight, row by row.
struct LinearTerm {
  View operand;  ///< [.., K], rows like those of the result; behind all moves.
  View rows;     ///< The same elements in a value that the graph has for them.
  View weight;   ///< [K, H] of weights; without a source, the elements `columns` of the operand.
  ViewIndex columns = {};
  double scale = 1;

  bool has_weight() const { return weight.source != nullptr; }
  const Dim& width() const { return operand.extents[operand.rank() - 1]; }
  bool operator==(const LinearTerm&) const = default;
};

/// scale * vector: weights that are added to each row.
struct BiasTerm {
  View vector;  ///< [1, H]
  double scale = 1;

  bool operator==(const BiasTerm&) const = default;
};

/// sum of terms + sum of biases + number
struct LinearSum {
  std::vector<LinearTerm> terms = {};
  std::vector<BiasTerm> biases = {};
  double number = 0;

  bool operator==(const LinearSum&) const = default;
};

/// Adds another sum, times a factor.
void add(LinearSum& sum, const LinearSum& other, double factor);
/// The sum times a factor, and divided by one.
LinearSum scaled(LinearSum sum, double factor);
LinearSum divided(LinearSum sum, double divisor);

/// True when both terms multiply the same rows.
bool have_same_operand(const LinearTerm& a, const LinearTerm& b);

/// True where operators can spell the views that the functions below build.
bool can_build_rows(const View& rows);
bool can_build_weight(const LinearTerm& term);

/// Builds [H, K], the transpose of the term's weight times its scale.
Value* build_weight(Rewriter& rewriter, const LinearTerm& term);
/// Builds [size]: the biases of the sum; zeros of the element type where it has none.
Value* build_bias(Rewriter& rewriter, const LinearSum& sum, DataType dtype, std::int64_t size);
/// Builds [H]: weights of [N, H] that are the same for all rows, times a factor.
Value* build_vector(Rewriter& rewriter, const View& vector, double factor);
/// Builds [N, K]: the rows of an operand or of a state; of weights that are the same in all rows,
/// as many as `like` [N, ..] has.
Value* build_rows(Rewriter& rewriter, const View& rows, Value* like = nullptr);
/// Builds a state of the extents of `like`, which has one time step, of [1, N, H].
Value* build_step_output(Rewriter& rewriter, Value* state, const Value& like);

}  // namespace gatefold
