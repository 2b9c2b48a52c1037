#include "passes/recurrence/linear_sum.h"

#include <algorithm>

#include "passes/rewriting/graph_builder.h"
#include "passes/rewriting/spell_view.h"

namespace gatefold {
namespace {

Value* multiplied(Rewriter& rewriter, Value* value, double factor) {
  if (static_cast<float>(factor) == 1) return value;
  if (static_cast<float>(factor) == -1) return rewriter.add("Neg", {value});
  return rewriter.add("Mul", {value, GraphBuilder(*value->graph()).add_scalar(factor, *value)});
}

// [H, C] with a 1 where a unit is an element of the row.
Tensor selection(const LinearTerm& term, DataType dtype) {
  const std::int64_t units = term.weight.extents.back().size();
  const std::int64_t width = term.width().size();
  Tensor tensor(DataType::kFloat32, {units, width});
  for (std::int64_t unit = 0; unit < units; ++unit) {
    const std::int64_t element = term.columns.offset + unit * term.columns.strides.back();
    tensor.data<float>()[unit * width + element] = 1;
  }
  return tensor.converted(dtype);
}

// The view with its two axes swapped.
View transposed(View view) {
  std::swap(view.extents[0], view.extents[1]);
  for (ViewIndex& run : view.runs) std::swap(run.strides[0], run.strides[1]);
  return view;
}

// Element 0 of an axis that is read no further.
View without_axis(View view, std::size_t axis) {
  view.extents.erase(view.extents.begin() + static_cast<std::ptrdiff_t>(axis));
  for (ViewIndex& run : view.runs) {
    run.strides.erase(run.strides.begin() + static_cast<std::ptrdiff_t>(axis));
  }
  return view;
}

// True when all rows are one.
bool is_repeated(const View& rows) {
  return std::all_of(rows.runs.begin(), rows.runs.end(),
                     [](const ViewIndex& run) { return run.strides.front() == 0; });
}

}  // namespace

LinearSum scaled(LinearSum sum, double factor) {
  for (LinearTerm& term : sum.terms) term.scale *= factor;
  for (BiasTerm& bias : sum.biases) bias.scale *= factor;
  sum.number *= factor;
  return sum;
}

void add(LinearSum& sum, const LinearSum& other, double factor) {
  const LinearSum more = scaled(other, factor);
  sum.terms.insert(sum.terms.end(), more.terms.begin(), more.terms.end());
  sum.biases.insert(sum.biases.end(), more.biases.begin(), more.biases.end());
  sum.number += more.number;
}

LinearSum divided(LinearSum sum, double divisor) {
  for (LinearTerm& term : sum.terms) term.scale /= divisor;
  for (BiasTerm& bias : sum.biases) bias.scale /= divisor;
  sum.number /= divisor;
  return sum;
}

bool have_same_operand(const LinearTerm& a, const LinearTerm& b) {
  return a.operand == b.operand && a.has_weight() == b.has_weight();
}

bool can_build_weight(const LinearTerm& term) {
  return !term.has_weight() || spelling_of(transposed(term.weight));
}

bool can_build_rows(const View& rows) {
  return rows.extents.front().is_known() ? spelling_of(rows).has_value()
                                         : is_repeated(rows) || spelling_of(rows);
}

Value* build_weight(Rewriter& rewriter, const LinearTerm& term) {
  Value* weight =
      term.has_weight()
          ? spell(rewriter, transposed(term.weight))
          : rewriter.add_constant("identity", selection(term, term.operand.source->type().dtype));
  return multiplied(rewriter, weight, term.scale);
}

Value* build_vector(Rewriter& rewriter, const View& vector, double factor) {
  return multiplied(rewriter, spell(rewriter, without_axis(vector, 0)), factor);
}

Value* build_bias(Rewriter& rewriter, const LinearSum& sum, DataType dtype, std::int64_t size) {
  Value* result = nullptr;
  const auto add = [&](Value* value) {
    result = result == nullptr ? value : rewriter.add("Add", {result, value});
  };
  for (const BiasTerm& bias : sum.biases) add(build_vector(rewriter, bias.vector, bias.scale));
  if (result == nullptr || sum.number != 0) {
    Tensor numbers(DataType::kFloat64, {size});
    std::fill_n(numbers.data<double>(), size, sum.number);
    add(rewriter.add_constant(sum.number == 0 ? "zeros" : "bias", numbers.converted(dtype)));
  }
  return result;
}

Value* build_rows(Rewriter& rewriter, const View& rows, Value* like) {
  if (rows.extents.front().is_known() || !is_repeated(rows)) return spell(rewriter, rows);
  View row = rows;
  row.extents.front() = 1;
  Value* extents = rewriter.add("Concat",
                                {rewriter.add("Shape", {like}, {{"end", std::int64_t{1}}}),
                                 rewriter.add_ints({rows.extents.back().size()})},
                                {{"axis", std::int64_t{0}}});
  return rewriter.add("Expand", {spell(rewriter, row), extents});
}

Value* build_step_output(Rewriter& rewriter, Value* state, const Value& like) {
  const Shape& shape = *like.type().shape;
  if (shape.size() == 3 && shape.front().is(1)) return state;
  Value* rows = rewriter.add("Squeeze", {state, rewriter.add_ints({0})});
  if (shape.size() == 1) return rewriter.add("Squeeze", {rows, rewriter.add_ints({0})});
  return shape.size() == 3 ? rewriter.add("Unsqueeze", {rows, rewriter.add_ints({1})}) : rows;
}

}  // namespace gatefold
