#pragma once

#include <cstdint>
#include <vector>

#include "ir/type.h"

namespace gatefold::ops {

/// The elements start, start + step, ... (count of them) of one axis.
struct SliceRange {
  std::int64_t start = 0;
  std::int64_t step = 1;
  std::int64_t count = 0;
};

/// What start:end:step picks from an axis of `extent` elements, as in numpy: negative positions
/// count from the end, and what lies outside is clamped. `step` is not 0.
SliceRange slice_range(std::int64_t start, std::int64_t end, std::int64_t step,
                       std::int64_t extent);

/// The inputs of a Slice as numbers; an empty list is an input that is not given.
struct SliceInputs {
  std::vector<std::int64_t> starts;
  std::vector<std::int64_t> ends;
  std::vector<std::int64_t> axes;
  std::vector<std::int64_t> steps;
};

/// One range per axis of `dims`; the inputs have been checked by `infer`.
std::vector<SliceRange> slice_ranges(const SliceInputs& inputs, const Dims& dims);

}  // namespace gatefold::ops
