#include "passes/recurrence/linear_terms.h"

#include <algorithm>
#include <cstring>

#include "ir/op_def.h"
#include "passes/recurrence/recurrent_cell.h"
#include "passes/rewriting/graph_builder.h"
#include "passes/rewriting/row_range.h"

namespace gatefold {
namespace {

bool is_op(const Value& value, std::string_view op) {
  return value.producer() != nullptr && value.producer()->op().name == op &&
         value.producer()->op().domain.empty();
}

const Dim& last_dim(const Value& value) { return value.type().shape->back(); }

bool has_equal_rows(const Tensor& matrix) {
  const std::size_t row =
      matrix.bytes() / static_cast<std::size_t>(std::max<std::int64_t>(matrix.dims().front(), 1));
  for (std::int64_t i = 1; i < matrix.dims().front(); ++i) {
    if (std::memcmp(matrix.raw(), matrix.raw() + i * row, row) != 0) return false;
  }
  return true;
}

bool is_single_number(const Value& value) {
  return value.type().is_static() && element_count(value.type().dims()) == 1;
}

// Gather of one row of [T, N, C] or [N, T, C], Squeeze of a Slice that is one, or what a Scan
// reads.
bool is_row_of_sequence(const Value& value) {
  const auto has_three_axes = [](const Value& source) {
    return source.type().has_rank() && source.type().rank() == 3;
  };
  if (is_op(value, "Slice") || is_op(value, "Split")) {
    return single_axis_of(value.type()) && has_three_axes(*value.producer()->input(0));
  }
  if (value.type().rank() != 2) return false;
  if (is_op(value, "Gather")) {
    const Node& node = *value.producer();
    const Type& index = node.input(1)->type();
    return has_three_axes(*node.input(0)) && node.attr_int("axis") != 2 &&
           node.attr_int("axis") != -1 && index.has_rank() && index.rank() == 0;
  }
  if (is_op(value, "Squeeze")) {
    const Value& part = *value.producer()->input(0);
    return has_three_axes(part) && (is_op(part, "Slice") || is_op(part, "Split"));
  }
  return value.kind() == Value::Kind::kInput && value.graph()->outer() != nullptr;
}

// Equal shapes but for an axis of extent 1 in front.
bool have_same_rows(const Type& side, const Type& sum) {
  if (have_same_shape(side, sum)) return true;
  if (!side.has_rank() || single_axis_of(sum) != 0 || side.rank() != 2) return false;
  return std::equal(side.shape->begin(), side.shape->end(), sum.shape->begin() + 1,
                    [](const Dim& a, const Dim& b) { return a.same_as(b); });
}

// [columns, rows] of an identity matrix.
Tensor transposed_identity(DataType dtype, IndexRange rows, IndexRange columns) {
  Tensor tensor(DataType::kFloat32, {columns.size(), rows.size()});
  for (std::int64_t i = 0; i < columns.size(); ++i) {
    tensor.data<float>()[i * rows.size() + columns.at(i)] = 1;
  }
  return tensor.converted(dtype);
}

/// Columns of a value as part of a sum.
struct Part {
  Value* value = nullptr;
  IndexRange columns;
  std::optional<Plane> plane = {};
  double scale = 1;

  Part of(Value* other) const { return {other, columns, plane, scale}; }
  Part of(const ColumnCut& cut) const { return {cut.source, cut.columns, cut.plane, scale}; }
  Part scaled(double factor) const { return {value, columns, plane, scale * factor}; }
};

// All extents but the last one, and the one along `axis`, are 1.
bool is_row(const Type& type, std::int64_t axis = -1) {
  for (std::int64_t i = 0; i + 1 < type.rank(); ++i) {
    if (i != axis && !(*type.shape)[static_cast<std::size_t>(i)].is(1)) return false;
  }
  return true;
}

// What is multiplied by each matrix of a stack, before it was repeated for that.
Value* before_repeats(Value* operand) {
  const auto is_repeated = [](const Node& node) {
    const Type& type = node.output()->type();
    const Type& source = node.input(0)->type();
    return type.rank() == 3 && source.has_rank() && source.rank() == 3 &&
           source.shape->front().is(1) && (*source.shape)[1].same_as((*type.shape)[1]) &&
           source.shape->back().same_as(type.shape->back());
  };
  while (operand->producer() != nullptr &&
         ((is_op(*operand, "Expand") || is_op(*operand, "Tile")) &&
          is_repeated(*operand->producer()))) {
    operand = operand->producer()->input(0);
  }
  return operand;
}

// No gate has more terms; a chain of sums or a wide Concat, read from each of its values anew,
// would take time that grows with the square of its length.
constexpr int kMostVisits = 64;
constexpr std::size_t kMostParts = 64;

/// Collects the terms of one sum; every method returns false when it meets what it cannot read.
class Collector {
 public:
  Collector(LinearSum& sum, const PassContext& context) : sum_(sum), context_(context) {}

  bool collect(const Part& part) {
    if (--visits_left_ < 0) return false;
    Value& value = *part.value;
    if (value.depends_on_weights_only()) return add_bias(part);
    if (!has_known_columns(value)) return false;
    if (is_op(value, "Add") || is_op(value, "Sum")) return collect_add(part);
    if (is_op(value, "Sub")) return collect_difference(part);
    if (is_op(value, "Mul") || is_op(value, "Div")) return collect_product(part);
    if (is_op(value, "MatMul")) return collect_matmul(part);
    if (is_op(value, "Gemm")) return collect_gemm(part);
    if (const auto cut = behind_cut({&value, part.columns, part.plane}, context_)) {
      return collect_cut(part, *cut);
    }
    if (is_op(value, "Identity")) return collect(part.of(value.producer()->input(0)));
    if (is_op(value, "Neg")) return collect(part.of(value.producer()->input(0)).scaled(-1));
    if (part.plane) return false;
    const bool moves_rows =
        is_op(value, "Squeeze") || is_op(value, "Unsqueeze") || is_op(value, "Reshape");
    if (is_row_of_sequence(value)) return add_row(part);
    if (!moves_rows) return false;
    Value& source = *value.producer()->input(0);
    return has_known_columns(source) && last_dim(source) == last_dim(value) &&
           collect(part.of(&source));
  }

 private:
  // A row of a sequence is taken as it is where the sequence cannot be read.
  bool collect_cut(const Part& part, const ColumnCut& cut) {
    if (!cut.plane || !is_row_of_sequence(*part.value)) return collect(part.of(cut));
    const LinearSum before = sum_;
    if (collect(part.of(cut))) return true;
    sum_ = before;
    return add_row(part);
  }

  bool add_bias(const Part& part) {
    const auto columns = columns_of_vector(part);
    if (!columns) return false;
    sum_.biases.push_back({part.value, *columns, part.scale});
    return true;
  }

  // The elements of a row that is the same for all rows of the sum, or of a single number.
  std::optional<IndexRange> columns_of_vector(const Part& part) const {
    const Value& value = *part.value;
    const Type& type = value.type();
    if (is_single_number(value)) return part.columns;
    if (!has_known_columns(value) || part.columns.last > last_dim(value).size()) {
      return std::nullopt;
    }
    if (is_row(type)) return part.columns;
    const Tensor* numbers = context_.constant(&value);
    const bool has_one_row = numbers != nullptr && has_equal_rows(*numbers);
    if (!part.plane) {
      return type.rank() == 2 && has_one_row ? std::optional(part.columns) : std::nullopt;
    }
    const std::int64_t axis = part.plane->axis + type.rank() - 3;
    if (axis < 0 || axis + 1 >= type.rank()) return std::nullopt;
    if (!is_row(type, axis) && (axis != 1 || !has_one_row)) return std::nullopt;
    return part.columns.shifted(part.plane->index * last_dim(value).size());
  }

  // A side of the sum, which must not be broadcast unless it is a bias.
  bool collect_side(const Part& side, const Value& sum) {
    return (side.value->depends_on_weights_only() ||
            have_same_rows(side.value->type(), sum.type())) &&
           collect(side);
  }

  bool collect_add(const Part& part) {
    const auto& sides = part.value->producer()->inputs();
    return std::all_of(sides.begin(), sides.end(),
                       [&](Value* side) { return collect_side(part.of(side), *part.value); });
  }

  bool collect_difference(const Part& part) {
    const Node& node = *part.value->producer();
    return collect_side(part.of(node.input(0)), *part.value) &&
           collect_side(part.of(node.input(1)).scaled(-1), *part.value);
  }

  // Of a number and a sum, or of a vector and an operand.
  bool collect_product(const Part& part) {
    const Node& node = *part.value->producer();
    const bool divides = node.op().name == "Div";
    for (const std::size_t side : {0, 1}) {
      Value* factor = node.input(1 - side);
      Value* rest = node.input(side);
      if ((divides && side == 1) || !have_same_shape(rest->type(), part.value->type())) continue;
      const Tensor* number = context_.constant(factor);
      if (number != nullptr && number->size() == 1) {
        const double scale = number->number_at(0);
        return scale != 0 && collect(part.of(rest).scaled(divides ? 1 / scale : scale));
      }
      if (divides || !factor->depends_on_weights_only()) continue;
      if (!columns_of_vector(part.of(factor)) || !is_all_columns(part)) continue;
      sum_.peepholes.push_back({rest, {factor, part.columns, part.scale}});
      return true;
    }
    return false;
  }

  static bool is_all_columns(const Part& part) {
    return !part.plane && part.columns.first == 0 && part.columns.step == 1 &&
           last_dim(*part.value).is(part.columns.last);
  }

  bool collect_matmul(const Part& part) {
    const Node& node = *part.value->producer();
    if (part.value->type().rank() == 1 && node.input(0)->depends_on_weights_only()) {
      return collect_matrix_times_row(part);
    }
    Value& weight = *node.input(1);
    if (!weight.depends_on_weights_only() || !weight.type().is_static()) return false;
    if (weight.type().rank() != (part.plane ? 3 : 2)) return false;
    const Dims dims = weight.type().dims();
    IndexRange rows{0, dims[dims.size() - 2]};
    if (!part.plane) {
      return add_term({node.input(0), {&weight, false, rows, part.columns}, part.scale});
    }
    Value* operand = before_repeats(node.input(0));
    const bool is_repeated = operand->type().has_rank() &&
                             (operand->type().rank() == 2 || single_axis_of(operand->type()) == 0);
    if (part.plane->axis != 0 || !is_repeated) return false;
    rows = rows.shifted(part.plane->index * rows.size());
    return add_term({operand, {&weight, false, rows, part.columns}, part.scale});
  }

  // W x is x times the transpose of W.
  bool collect_matrix_times_row(const Part& part) {
    const Node& node = *part.value->producer();
    Value& weight = *node.input(0);
    if (!weight.type().is_static() || weight.type().rank() != 2) return false;
    const IndexRange rows{0, last_dim(weight).size()};
    return add_term({node.input(1), {&weight, true, rows, part.columns}, part.scale});
  }

  bool collect_gemm(const Part& part) {
    const Node& node = *part.value->producer();
    Value& weight = *node.input(1);
    if (node.attr_int("transA") != 0 || part.plane) return false;
    if (!weight.depends_on_weights_only() || !weight.type().is_static()) return false;
    const bool transposed = node.attr_int("transB") != 0;
    const IndexRange rows{0, weight.type().dims()[transposed ? 1 : 0]};
    const double alpha = node.attr_float("alpha");
    if (alpha == 0) return false;
    if (!add_term({node.input(0), {&weight, transposed, rows, part.columns}, part.scale * alpha})) {
      return false;
    }
    Value* addend = node.input(2);
    if (addend == nullptr) return true;
    const double beta = node.attr_float("beta");
    if (beta == 0 || !addend->type().has_rank()) return false;
    const Part rest = part.of(addend).scaled(beta);
    if (addend->depends_on_weights_only()) return collect(rest);
    // One row added to all rows is one term per row only when there is one row.
    const bool is_single_row = part.value->type().shape->front().is(1);
    return (is_single_row || have_same_shape(addend->type(), part.value->type())) && collect(rest);
  }

  bool add_row(const Part& part) {
    const IndexRange rows{0, last_dim(*part.value).size()};
    return add_term({part.value, {nullptr, false, rows, part.columns}, part.scale});
  }

  bool add_term(const LinearTerm& term) {
    const Value& operand = *term.operand;
    if (is_op(operand, "Concat")) {
      const Node& node = *operand.producer();
      const std::int64_t axis = node.attr_int("axis");
      const auto& parts = node.inputs();
      const bool is_split = parts.size() <= kMostParts &&
                            (axis == -1 || axis == operand.type().rank() - 1) &&
                            std::all_of(parts.begin(), parts.end(),
                                        [](const Value* part) { return has_known_columns(*part); });
      if (is_split) return add_parts(parts, term);
    }
    sum_.terms.push_back(term);
    return true;
  }

  bool add_parts(const std::vector<Value*>& parts, LinearTerm term) {
    std::int64_t row = term.weight.rows.first;
    for (Value* part : parts) {
      term.operand = part;
      term.weight.rows = {row, row + last_dim(*part).size()};
      row = term.weight.rows.last;
      if (!add_term(term)) return false;
    }
    return true;
  }

  LinearSum& sum_;
  const PassContext& context_;
  int visits_left_ = kMostVisits;
};

}  // namespace

std::optional<LinearSum> find_linear_terms_and_peepholes(const ColumnCut& cut,
                                                         const PassContext& context) {
  LinearSum sum;
  Collector collector(sum, context);
  if (!collector.collect({cut.source, cut.columns, cut.plane})) return std::nullopt;
  return sum;
}

std::optional<LinearSum> find_linear_terms(const ColumnCut& cut, const PassContext& context) {
  auto sum = find_linear_terms_and_peepholes(cut, context);
  return sum && sum->peepholes.empty() ? sum : std::nullopt;
}

std::optional<LinearSum> find_linear_terms(Value& value, const PassContext& context) {
  if (!has_known_columns(value)) return std::nullopt;
  return find_linear_terms({&value, {0, last_dim(value).size()}}, context);
}

LinearSum negated(LinearSum sum) {
  for (LinearTerm& term : sum.terms) term.scale = -term.scale;
  for (BiasBlock& bias : sum.biases) bias.scale = -bias.scale;
  for (ElementTerm& term : sum.peepholes) term.weight.scale = -term.weight.scale;
  return sum;
}

namespace {

Value* multiplied(Rewriter& rewriter, Value* value, double scale) {
  if (scale == 1) return value;
  if (scale == -1) return rewriter.add("Neg", {value});
  return rewriter.add("Mul", {value, GraphBuilder(*value->graph()).add_scalar(scale, *value)});
}

Value* build_unscaled(Rewriter& rewriter, const LinearTerm& term) {
  const WeightBlock& block = term.weight;
  Value* whole = block.value;
  if (whole == nullptr) {
    return rewriter.add_constant(
        "identity", transposed_identity(term.operand->type().dtype, block.rows, block.columns));
  }
  if (block.transposed) {
    return cut_rows(rewriter, cut_rows(rewriter, whole, 0, block.columns), 1, block.rows);
  }
  if (whole->type().rank() > 2) {
    whole = rewriter.add("Reshape", {whole, rewriter.add_ints({-1, last_dim(*whole).size()})});
  }
  Value* matrix = cut_rows(rewriter, cut_rows(rewriter, whole, 0, block.rows), 1, block.columns);
  return rewriter.add("Transpose", {matrix}, {{"perm", std::vector<std::int64_t>{1, 0}}});
}

Value* build_unscaled(Rewriter& rewriter, const BiasBlock& block) {
  Value* value = block.value;
  if (is_single_number(*value)) {
    return rewriter.add("Expand", {rewriter.add("Reshape", {value, rewriter.add_ints({1})}),
                                   rewriter.add_ints({block.columns.size()})});
  }
  if (value->type().rank() != 1) {
    value = rewriter.add("Reshape", {value, rewriter.add_ints({-1})});
  }
  return cut_rows(rewriter, value, 0, block.columns);
}

}  // namespace

Value* build_transposed_weight(Rewriter& rewriter, const LinearTerm& term) {
  return multiplied(rewriter, build_unscaled(rewriter, term), term.scale);
}

Value* build_bias(Rewriter& rewriter, const BiasBlock& block) {
  return multiplied(rewriter, build_unscaled(rewriter, block), block.scale);
}

}  // namespace gatefold
