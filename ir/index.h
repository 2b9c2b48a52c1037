#pragma once

#include <array>
#include <cstdint>

#include "ir/type.h"

namespace gatefold {

/// Row-major strides, in elements.
inline Dims strides_of(const Dims& dims) {
  Dims strides(dims.size(), 1);
  for (std::size_t i = dims.size(); i-- > 1;) strides[i - 1] = strides[i] * dims[i];
  return strides;
}

/// The extents of `a` op `b` under numpy's broadcasting; both are known to fit.
inline Dims broadcast_dims(const Dims& a, const Dims& b) {
  Dims result = a.size() >= b.size() ? a : b;
  const Dims& shorter = a.size() >= b.size() ? b : a;
  const std::size_t offset = result.size() - shorter.size();
  for (std::size_t i = 0; i < shorter.size(); ++i) {
    if (shorter[i] != 1) result[offset + i] = shorter[i];
  }
  return result;
}

/// Strides that walk a row-major tensor of extents `from` along the wider extents `to`: 0 where an
/// axis is repeated.
inline Dims broadcast_strides(const Dims& from, const Dims& to) {
  const Dims own = strides_of(from);
  const std::size_t offset = to.size() - from.size();
  Dims strides(to.size(), 0);
  for (std::size_t i = 0; i < from.size(); ++i) {
    strides[offset + i] = from[i] == 1 ? 0 : own[i];
  }
  return strides;
}

/// Calls `visit(offsets)` for every index of `dims` in row-major order; offsets[k] is the dot
/// product of the index with strides[k].
template <std::size_t N, typename Visit>
void for_each_index(const Dims& dims, const std::array<Dims, N>& strides, Visit&& visit) {
  for (const std::int64_t extent : dims) {
    if (extent == 0) return;
  }
  Dims index(dims.size(), 0);
  std::array<std::int64_t, N> offsets{};
  for (;;) {
    visit(offsets);
    std::size_t axis = dims.size();
    for (;; --axis) {
      if (axis == 0) return;
      const std::size_t i = axis - 1;
      for (std::size_t k = 0; k < N; ++k) offsets[k] += strides[k][i];
      if (++index[i] < dims[i]) break;
      for (std::size_t k = 0; k < N; ++k) offsets[k] -= strides[k][i] * dims[i];
      index[i] = 0;
    }
  }
}

}  // namespace gatefold
