#include "backend/simd/element_spread.h"

#include <algorithm>

#include "ir/dispatch.h"
#include "ir/index.h"

namespace gatefold::native {

ElementSpread::ElementSpread(const Dims& from, const Dims& to, DataType dtype) : dtype_(dtype) {
  axes_ = join_axes(to, broadcast_strides(from, to));
  if (axes_.empty()) axes_.push_back({1, 0});
}

std::int64_t ElementSpread::offset_of_row(std::int64_t row) const {
  std::int64_t offset = 0;
  for (std::size_t i = 1; i + 1 < axes_.size(); ++i) {
    offset += row % axes_[i].extent * axes_[i].stride;
    row /= axes_[i].extent;
  }
  return axes_.size() == 1 ? 0 : offset + row * axes_.back().stride;
}

template <typename T>
void ElementSpread::copy_elements(const T* source, std::int64_t begin, std::int64_t count,
                                  T* target) const {
  const AxisWalk& inner = axes_.front();
  std::int64_t row = begin / inner.extent;
  std::int64_t first = begin % inner.extent;
  while (count > 0) {
    const std::int64_t part = std::min(inner.extent - first, count);
    const T* from = source + offset_of_row(row);
    if (inner.stride == 0) {
      std::fill_n(target, part, *from);
    } else {
      std::copy_n(from + first, part, target);
    }
    target += part;
    count -= part;
    first = 0;
    ++row;
  }
}

void ElementSpread::copy(const void* source, std::int64_t begin, std::int64_t count,
                         void* target) const {
  dispatch_width(dtype_, [&]<typename T>() {
    copy_elements(static_cast<const T*>(source), begin, count, static_cast<T*>(target));
  });
}

}  // namespace gatefold::native
