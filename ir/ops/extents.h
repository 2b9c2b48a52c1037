#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "ir/evaluate.h"
#include "ir/infer.h"

namespace gatefold::ops {

/// Tensors made from numbers found in a model (a shape, a count, pads) have at most so many
/// elements and axes; whatever asks for more is refused before memory is.
inline constexpr std::int64_t kMaxElements = (std::int64_t{1} << 31) - 1;
inline constexpr std::int64_t kMaxRank = 64;

/// The numbers of an integer input where they are known.
std::optional<std::vector<std::int64_t>> known_integers(const InferContext& context,
                                                        std::size_t index);
/// The elements of an integer input as far as they are known.
std::optional<std::vector<Element>> known_elements(const InferContext& context, std::size_t index);
/// The number of elements of an input that must have one dimension, where it is known.
std::optional<std::int64_t> known_length(const InferContext& context, std::size_t index);
/// The number in a scalar (or one-element) integer input where it is known; fails for other shapes.
std::optional<std::int64_t> known_integer(const InferContext& context, std::size_t index);

/// A shape of `rank` unknown extents; nothing when the rank is unknown. Fails for too high a rank.
std::optional<Shape> shape_of_rank(const InferContext& context, std::optional<std::int64_t> rank);
/// The shape with the given extents; fails when one is negative or there are too many elements.
Shape checked_shape(const InferContext& context, const std::vector<Element>& extents);
/// The shape that an integer input states, as far as it is known; fails as checked_shape does.
std::optional<Shape> stated_shape(const InferContext& context, std::size_t index);
/// Fails when the known extents alone make too many elements.
void check_element_count(const InferContext& context, const Shape& shape);

/// Product of the known extents, saturating at the largest int64.
std::int64_t known_count(std::span<const Dim> dims);
/// The product as an extent: known, a symbol where everything else is 1, or unknown.
Dim product(std::span<const Dim> dims);

/// Axes in [0, rank); fails when one is outside [-rank, rank) or named twice.
std::vector<std::int64_t> distinct_axes(const InferContext& context, std::vector<std::int64_t> axes,
                                        std::int64_t rank);
/// `axes`, or all axes when the list is empty.
std::vector<std::int64_t> all_axes_if_empty(std::vector<std::int64_t> axes, std::int64_t rank);

/// The extents of output `index` for the inputs at hand: the operator's own `infer`, with every
/// number known. All inputs must be tensors.
Dims inferred_dims(const EvaluateContext& context, std::size_t index = 0);

}  // namespace gatefold::ops
