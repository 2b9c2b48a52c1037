#include "passes/linear_terms.h"

#include <algorithm>
#include <cstring>

#include "ir/op_def.h"

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

// [columns, rows] of an identity matrix.
Tensor transposed_identity(DataType dtype, IndexRange rows, IndexRange columns) {
  Tensor tensor(DataType::kFloat32, {columns.size(), rows.size()});
  for (std::int64_t i = 0; i < columns.size(); ++i) {
    tensor.data<float>()[i * rows.size() + columns.first + i] = 1;
  }
  return tensor.converted(dtype);
}

/// Collects the terms of one sum; every method returns false when it meets what it cannot read.
class Collector {
 public:
  Collector(LinearSum& sum, const PassContext& context) : sum_(sum), context_(context) {}

  bool collect(Value& value, IndexRange columns) {
    if (depends_on_weights_only(value)) return add_bias(value, columns);
    if (!has_known_columns(value)) return false;
    if (is_op(value, "Add") || is_op(value, "Sum")) return collect_add(*value.producer(), columns);
    if (is_op(value, "MatMul")) return collect_matmul(*value.producer(), columns);
    if (is_op(value, "Gemm")) return collect_gemm(*value.producer(), columns);
    if (const auto cut = behind_cut(value, columns, context_)) {
      return collect(*cut->source, cut->columns);
    }
    if (is_op(value, "Identity")) return collect(*value.producer()->input(0), columns);
    const bool moves_rows =
        is_op(value, "Squeeze") || is_op(value, "Unsqueeze") || is_op(value, "Reshape");
    if (is_row_of_sequence(value)) return add_row(value, columns);
    if (!moves_rows) return false;
    Value& source = *value.producer()->input(0);
    return has_known_columns(source) && last_dim(source) == last_dim(value) &&
           collect(source, columns);
  }

 private:
  bool add_bias(Value& value, IndexRange columns) {
    if (!value.type().has_rank() || value.type().rank() > 2) return false;
    if (!is_single_number(value)) {
      if (!has_known_columns(value) || columns.last > last_dim(value).size()) return false;
      if (value.type().rank() == 2 && !value.type().shape->front().is(1)) {
        const Tensor* numbers = context_.constant(&value);
        if (numbers == nullptr || !has_equal_rows(*numbers)) return false;
      }
    }
    sum_.biases.push_back({&value, columns});
    return true;
  }

  bool collect_add(const Node& node, IndexRange columns) {
    const auto sides = node.inputs();
    return std::all_of(sides.begin(), sides.end(), [&](Value* side) {
      return (depends_on_weights_only(*side) ||
              have_same_shape(side->type(), node.output(0)->type())) &&
             collect(*side, columns);
    });
  }

  bool collect_matmul(const Node& node, IndexRange columns) {
    Value& weight = *node.input(1);
    if (!depends_on_weights_only(weight) || !has_known_columns(weight)) return false;
    if (weight.type().rank() != 2 || !weight.type().is_static()) return false;
    const IndexRange rows{0, weight.type().shape->front().size()};
    return add_term(*node.input(0), {&weight, false, rows, columns});
  }

  bool collect_gemm(const Node& node, IndexRange columns) {
    Value& weight = *node.input(1);
    if (node.attr_int("transA") != 0 || node.attr_float("alpha") != 1.0F) return false;
    if (!depends_on_weights_only(weight) || !weight.type().is_static()) return false;
    const bool transposed = node.attr_int("transB") != 0;
    const Dims dims = weight.type().dims();
    if (!add_term(*node.input(0), {&weight, transposed, {0, dims[transposed ? 1 : 0]}, columns})) {
      return false;
    }
    Value* addend = node.input(2);
    if (addend == nullptr) return true;
    if (node.attr_float("beta") != 1.0F || !addend->type().has_rank()) return false;
    if (depends_on_weights_only(*addend)) return collect(*addend, columns);
    // One row added to all rows is one term per row only when there is one row.
    const bool is_single_row = node.output(0)->type().shape->front().is(1);
    return (is_single_row || have_same_shape(addend->type(), node.output(0)->type())) &&
           collect(*addend, columns);
  }

  bool add_row(Value& row, IndexRange columns) {
    return add_term(row, {nullptr, false, {0, last_dim(row).size()}, columns});
  }

  bool add_term(Value& operand, const WeightBlock& weight) {
    if (is_op(operand, "Concat")) {
      const Node& node = *operand.producer();
      const std::int64_t axis = node.attr_int("axis");
      const auto parts = node.inputs();
      const bool is_split = (axis == -1 || axis == operand.type().rank() - 1) &&
                            std::all_of(parts.begin(), parts.end(),
                                        [](const Value* part) { return has_known_columns(*part); });
      if (is_split) return add_parts(parts, weight);
    }
    sum_.terms.push_back({&operand, weight});
    return true;
  }

  bool add_parts(const std::vector<Value*>& parts, WeightBlock weight) {
    std::int64_t row = weight.rows.first;
    for (Value* part : parts) {
      weight.rows = {row, row + last_dim(*part).size()};
      row = weight.rows.last;
      if (!add_term(*part, weight)) return false;
    }
    return true;
  }

  LinearSum& sum_;
  const PassContext& context_;
};

Value* cut(Rewriter& rewriter, Value* value, std::int64_t axis, IndexRange range) {
  const Dim& extent = (*value->type().shape)[static_cast<std::size_t>(axis)];
  if (range.first == 0 && extent.is(range.last)) return value;
  return rewriter.add("Slice", {value, rewriter.add_ints({range.first}),
                                rewriter.add_ints({range.last}), rewriter.add_ints({axis})});
}

}  // namespace

bool depends_on_weights_only(const Value& value) {
  if (value.has_data()) return true;
  const Node* node = value.producer();
  if (node == nullptr || node->op().is_random || !node->sub_graphs().empty()) return false;
  if (node->input_count() == 0) return false;
  const auto inputs = node->inputs();
  return std::all_of(inputs.begin(), inputs.end(), [](const Value* input) {
    return input == nullptr || depends_on_weights_only(*input);
  });
}

std::optional<LinearSum> find_linear_terms(const ColumnCut& cut, const PassContext& context) {
  LinearSum sum;
  Collector collector(sum, context);
  if (!collector.collect(*cut.source, cut.columns)) return std::nullopt;
  return sum;
}

std::optional<LinearSum> find_linear_terms(Value& value, const PassContext& context) {
  if (!has_known_columns(value)) return std::nullopt;
  return find_linear_terms({&value, {0, last_dim(value).size()}}, context);
}

Value* build_transposed_weight(Rewriter& rewriter, const LinearTerm& term) {
  const WeightBlock& block = term.weight;
  if (block.value == nullptr) {
    return rewriter.add_constant(
        "identity", transposed_identity(term.operand->type().dtype, block.rows, block.columns));
  }
  if (block.transposed) {
    return cut(rewriter, cut(rewriter, block.value, 0, block.columns), 1, block.rows);
  }
  Value* matrix = cut(rewriter, cut(rewriter, block.value, 0, block.rows), 1, block.columns);
  return rewriter.add("Transpose", {matrix}, {{"perm", std::vector<std::int64_t>{1, 0}}});
}

Value* build_bias(Rewriter& rewriter, const BiasBlock& block) {
  Value* value = block.value;
  if (is_single_number(*value)) {
    return rewriter.add("Expand", {rewriter.add("Reshape", {value, rewriter.add_ints({1})}),
                                   rewriter.add_ints({block.columns.size()})});
  }
  if (value->type().rank() == 2) {
    value = cut(rewriter, value, 0, {0, 1});
    value = rewriter.add("Squeeze", {value, rewriter.add_ints({0})});
  }
  return cut(rewriter, value, 0, block.columns);
}

}  // namespace gatefold
