#pragma once

namespace gatefold {

/// The larger of a and b; NaN where either is, whereas std::max depends on their order.
template <typename T>
constexpr T maximum(T a, T b) {
  return a > b || a != a ? a : b;
}

/// The smaller of a and b; NaN where either is.
template <typename T>
constexpr T minimum(T a, T b) {
  return a < b || a != a ? a : b;
}

}  // namespace gatefold
