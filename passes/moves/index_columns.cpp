#include "passes/moves/index_columns.h"

#include <algorithm>

#include "ir/index.h"
#include "ir/op_def.h"
#include "passes/rewriting/axes.h"
#include "passes/rewriting/column_cut.h"
#include "passes/rewriting/match.h"

namespace gatefold {
namespace {

using Result = std::optional<Counting>;

// Every `stride`-th number from `offset` on, as a tensor of extents `dims`.
Result read_numbers(const std::vector<std::int64_t>& numbers, const Dims& dims, std::size_t offset,
                    std::size_t stride) {
  if (element_count(dims) == 0) return std::nullopt;
  const Dims strides = strides_of(dims);
  const auto number = [&](std::int64_t i) {
    return numbers[offset + static_cast<std::size_t>(i) * stride];
  };
  Counting result{number(0)};
  for (std::size_t axis = 0; axis < dims.size() && !result.axis; ++axis) {
    if (dims[axis] > 1 && number(strides[axis]) == result.start + 1) {
      result.axis = static_cast<std::int64_t>(axis);
    }
  }
  for (std::int64_t i = 0; i < element_count(dims); ++i) {
    const std::int64_t steps =
        result.axis ? i / strides[*result.axis] % dims[static_cast<std::size_t>(*result.axis)] : 0;
    if (number(i) != result.start + steps) return std::nullopt;
  }
  return result;
}

Result read_counting(const Value& value, const Rewriter& rewriter);

Result read_range(const Node& range, const Rewriter& rewriter) {
  const Tensor* start = rewriter.constant(range.input(0));
  const Tensor* step = rewriter.constant(range.input(2));
  if (start == nullptr || step == nullptr || step->to_int64().front() != 1) return std::nullopt;
  return Counting{start->to_int64().front(), 0};
}

// The axis moves behind those that are inserted before it.
Result read_unsqueeze(const Node& node, const Rewriter& rewriter) {
  Result result = read_counting(*node.input(0), rewriter);
  const auto added = moved_axes(node, rewriter);
  if (!result || !added) return std::nullopt;
  for (const std::int64_t axis : *added) {
    if (result->axis && axis <= *result->axis) ++*result->axis;
  }
  return result;
}

// The same along the axes of a broadcast result, where the counting axis keeps its extent.
Result broadcast(Result counting, const Value& from, const Value& to) {
  if (!counting || !counting->axis) return counting;
  if (!from.type().has_rank() || !to.type().has_rank()) return std::nullopt;
  const std::int64_t axis = *counting->axis + to.type().rank() - from.type().rank();
  const Dim& before = (*from.type().shape)[static_cast<std::size_t>(*counting->axis)];
  const Dim& after = (*to.type().shape)[static_cast<std::size_t>(axis)];
  if (!before.same_as(after)) return std::nullopt;
  return Counting{counting->start, axis};
}

Result read_sum(const Node& node, const Rewriter& rewriter) {
  const Value& sum = *node.output();
  const auto read = [&](std::size_t input) {
    return broadcast(read_counting(*node.input(input), rewriter), *node.input(input), sum);
  };
  const Result a = read(0);
  const Result b = read(1);
  if (!a || !b || (a->axis && b->axis)) return std::nullopt;
  return Counting{a->start + b->start, a->axis ? a->axis : b->axis};
}

Result read_counting(const Value& value, const Rewriter& rewriter) {
  if (const Tensor* numbers = rewriter.constant(&value)) {
    return read_numbers(numbers->to_int64(), numbers->dims(), 0, 1);
  }
  const Node* node = value.producer();
  if (node == nullptr || node->op().domain != kOnnxDomain) return std::nullopt;
  if (node->op().name == "Range") return read_range(*node, rewriter);
  if (node->op().name == "Unsqueeze") return read_unsqueeze(*node, rewriter);
  if (node->op().name == "Add") return read_sum(*node, rewriter);
  if (node->op().name == "Expand") {
    return broadcast(read_counting(*node->input(0), rewriter), *node->input(0), value);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::vector<Counting>> index_columns(const Value& tuples, const Rewriter& rewriter) {
  std::vector<Counting> columns;
  const auto add = [&](const Result& column) {
    if (column) columns.push_back(*column);
    return column.has_value();
  };
  if (const Tensor* constant = rewriter.constant(&tuples)) {
    if (constant->rank() == 0) return std::nullopt;
    Dims dims = constant->dims();
    const auto count = static_cast<std::size_t>(dims.back());
    dims.pop_back();
    const std::vector<std::int64_t> numbers = constant->to_int64();
    for (std::size_t i = 0; i < count; ++i) {
      if (!add(read_numbers(numbers, dims, i, count))) return std::nullopt;
    }
    return columns;
  }
  // The columns of a Concat have one element along the last axis, which they do not count along.
  if (!tuples.type().has_rank() || tuples.type().rank() == 0) return std::nullopt;
  const std::int64_t last = tuples.type().rank() - 1;
  const Node* concat = producer_of(&tuples, "Concat");
  if (concat != nullptr && positive_axis(concat->attr_int("axis"), last + 1) != last) {
    return std::nullopt;
  }
  const std::vector<Value*> parts =
      concat == nullptr ? std::vector{const_cast<Value*>(&tuples)} : concat->inputs();
  for (const Value* part : parts) {
    const Type& type = part->type();
    if (!type.has_rank() || !type.shape->back().is(1)) return std::nullopt;
    if (!add(read_counting(*part, rewriter)) || columns.back().axis == last) return std::nullopt;
  }
  return columns;
}

}  // namespace gatefold
