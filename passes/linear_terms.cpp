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

bool has_known_columns(const Value& value) {
  return value.type().has_rank() && value.type().rank() > 0 && last_dim(value).is_known();
}

bool has_equal_rows(const Tensor& matrix) {
  const std::size_t row =
      matrix.bytes() / static_cast<std::size_t>(std::max<std::int64_t>(matrix.dims().front(), 1));
  for (std::int64_t i = 1; i < matrix.dims().front(); ++i) {
    if (std::memcmp(matrix.raw(), matrix.raw() + i * row, row) != 0) return false;
  }
  return true;
}

/// Collects the terms of one sum; every method returns false when it meets what it cannot read.
class Collector {
 public:
  Collector(LinearSum& sum, const PassContext& context) : sum_(sum), context_(context) {}

  bool collect(Value& value, IndexRange columns) {
    if (!has_known_columns(value)) return false;
    if (depends_on_weights_only(value)) return add_bias(value, columns);
    if (is_op(value, "Add")) return collect_add(*value.producer(), columns);
    if (is_op(value, "MatMul")) return collect_matmul(*value.producer(), columns);
    if (is_op(value, "Gemm")) return collect_gemm(*value.producer(), columns);
    if (is_op(value, "Split")) return collect_split(value, columns);
    if (is_op(value, "Slice")) return collect_slice(*value.producer(), columns);
    if (is_op(value, "Identity")) return collect(*value.producer()->input(0), columns);
    const bool moves_rows =
        is_op(value, "Squeeze") || is_op(value, "Unsqueeze") || is_op(value, "Reshape");
    if (!moves_rows) return false;
    Value& source = *value.producer()->input(0);
    return has_known_columns(source) && last_dim(source) == last_dim(value) &&
           collect(source, columns);
  }

 private:
  bool add_bias(Value& value, IndexRange columns) {
    const std::int64_t rank = value.type().rank();
    if (rank > 2 || columns.last > last_dim(value).size()) return false;
    if (rank == 2 && !value.type().shape->front().is(1)) {
      const Tensor* numbers = context_.constant(&value);
      if (numbers == nullptr || !has_equal_rows(*numbers)) return false;
    }
    sum_.biases.push_back({&value, columns});
    return true;
  }

  bool collect_add(const Node& node, IndexRange columns) {
    for (std::size_t i = 0; i < 2; ++i) {
      Value& side = *node.input(i);
      if (!depends_on_weights_only(side) && !have_same_shape(side.type(), node.output(0)->type()))
        return false;
      if (!collect(side, columns)) return false;
    }
    return true;
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

  bool collect_split(const Value& value, IndexRange columns) {
    const Node& node = *value.producer();
    Value& source = *node.input(0);
    if (!has_known_columns(source)) return false;
    const std::int64_t axis = node.attr_int("axis");
    if (axis != -1 && axis != source.type().rank() - 1) return false;
    std::int64_t offset = 0;
    for (std::size_t i = 0; i < value.output_index(); ++i) {
      if (node.output(i) == nullptr || !last_dim(*node.output(i)).is_known()) {
        return collect_split_sizes(node, value.output_index(), source, columns);
      }
      offset += last_dim(*node.output(i)).size();
    }
    return collect(source, {columns.first + offset, columns.last + offset});
  }

  // The parts before are not all there; the sizes are an input.
  bool collect_split_sizes(const Node& node, std::size_t index, Value& source, IndexRange columns) {
    std::int64_t offset = 0;
    if (const Tensor* sizes = context_.constant(node.input(1))) {
      const std::vector<std::int64_t> list = sizes->to_int64();
      for (std::size_t i = 0; i < index && i < list.size(); ++i) offset += list[i];
    } else if (node.input(1) == nullptr) {
      const std::int64_t parts = node.has_attr("num_outputs")
                                     ? node.attr_int("num_outputs")
                                     : static_cast<std::int64_t>(node.output_count());
      const std::int64_t total = last_dim(source).size();
      offset = static_cast<std::int64_t>(index) * ((total + parts - 1) / parts);
    } else {
      return false;
    }
    return collect(source, {columns.first + offset, columns.last + offset});
  }

  bool collect_slice(const Node& node, IndexRange columns) {
    Value& source = *node.input(0);
    const Tensor* starts = context_.constant(node.input(1));
    const Tensor* axes = context_.constant(node.input(3));
    const Tensor* steps = context_.constant(node.input(4));
    if (!has_known_columns(source) || starts == nullptr || starts->size() != 1) return false;
    if (axes == nullptr || (node.input(4) != nullptr && steps == nullptr)) return false;
    if (steps != nullptr && steps->to_int64().front() != 1) return false;
    const std::int64_t rank = source.type().rank();
    const std::int64_t axis = axes->to_int64().front();
    if (axis != -1 && axis != rank - 1) return false;
    const std::int64_t extent = last_dim(source).size();
    std::int64_t start = starts->to_int64().front();
    start = std::clamp<std::int64_t>(start < 0 ? start + extent : start, 0, extent);
    return collect(source, {columns.first + start, columns.last + start});
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

std::optional<LinearSum> find_linear_terms(Value& value, const PassContext& context) {
  if (!has_known_columns(value)) return std::nullopt;
  LinearSum sum;
  Collector collector(sum, context);
  if (!collector.collect(value, {0, last_dim(value).size()})) return std::nullopt;
  return sum;
}

Value* build_transposed_weight(Rewriter& rewriter, const WeightBlock& block) {
  if (block.transposed) {
    return cut(rewriter, cut(rewriter, block.value, 0, block.columns), 1, block.rows);
  }
  Value* matrix = cut(rewriter, cut(rewriter, block.value, 0, block.rows), 1, block.columns);
  return rewriter.add("Transpose", {matrix}, {{"perm", std::vector<std::int64_t>{1, 0}}});
}

Value* build_bias(Rewriter& rewriter, const BiasBlock& block) {
  Value* value = block.value;
  if (value->type().rank() == 2) {
    value = cut(rewriter, value, 0, {0, 1});
    value = rewriter.add("Squeeze", {value, rewriter.add_ints({0})});
  }
  return cut(rewriter, value, 0, block.columns);
}

}  // namespace gatefold
