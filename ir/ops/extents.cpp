#include "ir/ops/extents.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "ir/inline_vector.h"

namespace gatefold::ops {

std::optional<std::vector<std::int64_t>> known_integers(const InferContext& context,
                                                        std::size_t index) {
  const Tensor* value = context.has_input(index) ? context.value(index) : nullptr;
  return value == nullptr ? std::nullopt : std::optional(value->to_int64());
}

std::optional<std::vector<Element>> known_elements(const InferContext& context, std::size_t index) {
  if (const auto numbers = known_integers(context, index)) {
    std::vector<Element> elements;
    for (const std::int64_t number : *numbers) elements.push_back({number, {}});
    return elements;
  }
  const std::vector<Element>* elements = context.elements(index);
  return elements == nullptr ? std::nullopt : std::optional(*elements);
}

std::optional<std::int64_t> known_length(const InferContext& context, std::size_t index) {
  context.expect_rank(index, 1);
  if (!context.has_rank(index) || !context.shape(index)[0].is_known()) return std::nullopt;
  return context.shape(index)[0].size();
}

std::optional<std::int64_t> known_integer(const InferContext& context, std::size_t index) {
  const Type& type = context.input(index);
  if (type.is_static() && known_count(*type.shape) != 1) {
    context.fail("{} is {} but must hold one number", context.name_of_input(index),
                 to_string(type));
  }
  const auto numbers = known_integers(context, index);
  return numbers ? std::optional(numbers->at(0)) : std::nullopt;
}

std::optional<Shape> shape_of_rank(const InferContext& context, std::optional<std::int64_t> rank) {
  if (!rank) return std::nullopt;
  if (*rank > kMaxRank) {
    context.fail("the result would have {} dimensions; at most {} are supported", *rank, kMaxRank);
  }
  return Shape(static_cast<std::size_t>(*rank));
}

Shape checked_shape(const InferContext& context, const std::vector<Element>& extents) {
  Shape shape = *shape_of_rank(context, static_cast<std::int64_t>(extents.size()));
  for (std::size_t i = 0; i < extents.size(); ++i) {
    if (extents[i].number && *extents[i].number < 0) {
      context.fail("extent {} of axis {} of the result is negative; extents must be 0 or more",
                   *extents[i].number, i);
    }
    shape[i] = extents[i].to_dim();
  }
  check_element_count(context, shape);
  return shape;
}

std::optional<Shape> stated_shape(const InferContext& context, std::size_t index) {
  std::optional<Shape> shape = shape_of_rank(context, known_length(context, index));
  if (const auto extents = known_elements(context, index)) shape = checked_shape(context, *extents);
  return shape;
}

void check_element_count(const InferContext& context, const Shape& shape) {
  if (known_count(shape) > kMaxElements) {
    context.fail("the result would have shape {}; tensors of at most {} elements are supported",
                 to_string(shape), kMaxElements);
  }
}

std::int64_t known_count(std::span<const Dim> dims) {
  std::int64_t count = 1;
  for (const Dim& dim : dims) {
    if (dim.is(0)) return 0;
    if (dim.is_known() && __builtin_mul_overflow(count, dim.size(), &count)) {
      count = std::numeric_limits<std::int64_t>::max();
    }
  }
  return count;
}

Dim product(std::span<const Dim> dims) {
  const std::int64_t known = known_count(dims);
  const auto is_open = [](const Dim& dim) { return !dim.is_known(); };
  const auto open = std::count_if(dims.begin(), dims.end(), is_open);
  if (open == 0 || known == 0) return known;
  return open == 1 && known == 1 ? *std::find_if(dims.begin(), dims.end(), is_open) : Dim();
}

std::vector<std::int64_t> distinct_axes(const InferContext& context, std::vector<std::int64_t> axes,
                                        std::int64_t rank) {
  std::vector<bool> seen(static_cast<std::size_t>(rank));
  for (std::int64_t& axis : axes) {
    axis = context.axis(axis, rank);
    if (seen[axis]) context.fail("axis {} is named twice; name each axis once", axis);
    seen[axis] = true;
  }
  return axes;
}

std::vector<std::int64_t> all_axes_if_empty(std::vector<std::int64_t> axes, std::int64_t rank) {
  if (axes.empty()) {
    axes.resize(static_cast<std::size_t>(rank));
    std::iota(axes.begin(), axes.end(), 0);
  }
  return axes;
}

Dims inferred_dims(const EvaluateContext& context, std::size_t index) {
  std::vector<Type> types(context.input_count());
  InlineVector<const Type*> inputs(context.input_count());
  InlineVector<const Tensor*> values(context.input_count());
  for (std::size_t i = 0; i < context.input_count(); ++i) {
    if (!context.has_input(i)) continue;
    values[i] = &context.input(i);
    types[i] = values[i]->type();
    inputs[i] = &types[i];
  }
  const InferSubGraph no_sub_graphs;
  InferContext infer(context.node(), inputs, values, {}, no_sub_graphs);
  context.node().op().infer(infer);
  return infer.outputs()[index].dims();
}

}  // namespace gatefold::ops
