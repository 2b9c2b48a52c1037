#include "session/arrays/slices.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <numeric>

namespace gatefold {

Tensor take(const Tensor& array, std::int64_t axis, std::span<const std::int64_t> indices) {
  Dims dims = array.dims();
  const std::int64_t extent = dims[axis];
  dims[axis] = static_cast<std::int64_t>(indices.size());
  Tensor taken(array.dtype(), dims);
  const auto outer =
      std::accumulate(dims.begin(), dims.begin() + axis, std::int64_t{1}, std::multiplies<>());
  const std::size_t bytes =
      array.bytes() / static_cast<std::size_t>(std::max<std::int64_t>(1, outer * extent));
  std::byte* target = taken.raw();
  for (std::int64_t o = 0; o < outer; ++o) {
    for (const std::int64_t index : indices) {
      std::memcpy(target, array.raw() + static_cast<std::size_t>(o * extent + index) * bytes,
                  bytes);
      target += bytes;
    }
  }
  return taken;
}

}  // namespace gatefold
