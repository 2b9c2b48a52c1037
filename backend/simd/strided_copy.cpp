#include "backend/simd/strided_copy.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

#include "ir/index.h"
#include "ir/tensor.h"

namespace gatefold::native {
namespace {

// Contiguous runs up to this many bytes are moved as one wide element instead of by memcpy.
constexpr std::int64_t kWidestElement = 16;
// Side of the square, in elements, that a transposition reads and writes at a time.
constexpr std::int64_t kTile = 16;

}  // namespace

StridedCopy::StridedCopy(std::size_t element_bytes, const Dims& dims, const Dims& source_strides,
                         const Dims& target_strides)
    : element_bytes_(element_bytes), is_empty_(element_count(dims) == 0) {
  if (is_empty_) return;
  const auto bytes = static_cast<std::int64_t>(element_bytes);
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == 1) continue;
    outer_.push_back({dims[i], source_strides[i] * bytes, target_strides[i] * bytes});
  }
  join_axes();
  widen_element();
  choose_plane();
  index_.assign(outer_.size(), 0);
  copy_plane_ = choose();
}

StridedCopy::StridedCopy(std::size_t element_bytes, const Dims& dims, const Dims& source_strides)
    : StridedCopy(element_bytes, dims, source_strides, strides_of(dims)) {}

void StridedCopy::join_axes() {
  InlineVector<Axis> joined;
  for (const Axis& axis : outer_) {
    if (!joined.empty() && joined.back().source == axis.source * axis.extent &&
        joined.back().target == axis.target * axis.extent) {
      joined.back() = {joined.back().extent * axis.extent, axis.source, axis.target};
    } else {
      joined.push_back(axis);
    }
  }
  outer_ = std::move(joined);
}

void StridedCopy::widen_element() {
  if (outer_.size() < 2) return;
  const Axis& inner = outer_.back();
  const auto bytes = static_cast<std::int64_t>(element_bytes_);
  const std::int64_t run = inner.extent * bytes;
  if (inner.source != bytes || inner.target != bytes || run > kWidestElement) return;
  if ((run & (run - 1)) != 0) return;
  element_bytes_ = static_cast<std::size_t>(run);
  outer_.pop_back();
}

// Columns are the innermost axis. Rows are the next one, or, where the columns jump in the source,
// the axis that jumps least there: both together then read what lies close together.
void StridedCopy::choose_plane() {
  if (outer_.empty()) return;
  columns_ = outer_.back();
  outer_.pop_back();
  if (outer_.empty()) return;
  if (columns_.source != static_cast<std::int64_t>(element_bytes_)) {
    auto* const closest = std::min_element(
        outer_.begin(), outer_.end(),
        [](const Axis& a, const Axis& b) { return std::abs(a.source) < std::abs(b.source); });
    std::rotate(closest, closest + 1, outer_.end());
  }
  rows_ = outer_.back();
  outer_.pop_back();
}

void StridedCopy::copy_blocks(const StridedCopy& copy, const std::byte* source, std::byte* target) {
  const std::size_t bytes = copy.columns_.extent * copy.element_bytes_;
  for (std::int64_t row = 0; row < copy.rows_.extent; ++row) {
    std::memcpy(target, source, bytes);
    source += copy.rows_.source;
    target += copy.rows_.target;
  }
}

template <std::size_t kBytes>
void StridedCopy::copy_rows(const StridedCopy& copy, const std::byte* source, std::byte* target) {
  const Axis columns = copy.columns_;
  const bool repeats = columns.source == 0 && columns.target == kBytes;
  for (std::int64_t row = 0; row < copy.rows_.extent; ++row) {
    if (repeats) {
      std::array<std::byte, kBytes> element;
      std::memcpy(element.data(), source, kBytes);
      for (std::int64_t i = 0; i < columns.extent; ++i) {
        std::memcpy(target + i * kBytes, element.data(), kBytes);
      }
    } else {
      for (std::int64_t i = 0; i < columns.extent; ++i) {
        std::memcpy(target + i * columns.target, source + i * columns.source, kBytes);
      }
    }
    source += copy.rows_.source;
    target += copy.rows_.target;
  }
}

template <std::size_t kBytes>
void StridedCopy::copy_transposed(const StridedCopy& copy, const std::byte* source,
                                  std::byte* target) {
  const Axis rows = copy.rows_;
  const Axis columns = copy.columns_;
  for (std::int64_t row = 0; row < rows.extent; row += kTile) {
    const std::int64_t row_end = std::min(row + kTile, rows.extent);
    for (std::int64_t column = 0; column < columns.extent; column += kTile) {
      const std::int64_t column_end = std::min(column + kTile, columns.extent);
      for (std::int64_t i = row; i < row_end; ++i) {
        for (std::int64_t j = column; j < column_end; ++j) {
          std::memcpy(target + i * rows.target + j * columns.target,
                      source + i * rows.source + j * columns.source, kBytes);
        }
      }
    }
  }
}

template <std::size_t kBytes>
StridedCopy::CopyPlane StridedCopy::choose_for_width(bool is_transposed) {
  return is_transposed ? copy_transposed<kBytes> : copy_rows<kBytes>;
}

StridedCopy::CopyPlane StridedCopy::choose() const {
  const auto bytes = static_cast<std::int64_t>(element_bytes_);
  if (columns_.extent == 1 || (columns_.source == bytes && columns_.target == bytes)) {
    return copy_blocks;
  }
  const bool is_transposed = rows_.extent > 1 && std::abs(rows_.source) < std::abs(columns_.source);
  switch (element_bytes_) {
    case 1:
      return choose_for_width<1>(is_transposed);
    case 2:
      return choose_for_width<2>(is_transposed);
    case 4:
      return choose_for_width<4>(is_transposed);
    case 8:
      return choose_for_width<8>(is_transposed);
    default:
      return choose_for_width<16>(is_transposed);
  }
}

void StridedCopy::run(const std::byte* source, std::byte* target) {
  if (is_empty_) return;
  for (;;) {
    copy_plane_(*this, source, target);
    std::size_t axis = outer_.size();
    for (;; --axis) {
      if (axis == 0) return;
      const Axis& step = outer_[axis - 1];
      source += step.source;
      target += step.target;
      if (++index_[axis - 1] < step.extent) break;
      source -= step.source * step.extent;
      target -= step.target * step.extent;
      index_[axis - 1] = 0;
    }
  }
}

}  // namespace gatefold::native
