#pragma once

#include <optional>
#include <string>

#include "ir/tensor.h"

namespace gatefold::tools {

/// Two numbers agree when |actual - expected| <= absolute + relative * |expected| + of_largest *
/// the largest finite |expected| in the tensor.
struct Tolerance {
  double relative = 1e-3;
  double absolute = 1e-5;
  double of_largest = 0;
};

/// What distinguishes `actual` from `expected`, in words; nothing when they agree. Kinds, element
/// types and shapes must be equal; numbers agree within the tolerance, NaN with NaN and an infinity
/// with the same infinity. Sequences are compared element by element.
std::optional<std::string> find_difference(const Datum& actual, const Datum& expected,
                                           const Tolerance& tolerance);

/// The index of the element at `offset` of a row-major tensor; empty where it has no elements.
Dims index_at(const Dims& dims, std::int64_t offset);

}  // namespace gatefold::tools
