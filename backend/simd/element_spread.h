#pragma once

#include <cstddef>
#include <cstdint>

#include "backend/axis_walk.h"
#include "ir/inline_vector.h"
#include "ir/type.h"

namespace gatefold::native {

/// A tensor broadcast to wider extents, read as if the repeated elements were there, from any
/// position on.
class ElementSpread {
 public:
  ElementSpread(const Dims& from, const Dims& to, DataType dtype);

  /// Writes the elements [begin, begin + count) of the wide tensor.
  void copy(const void* source, std::int64_t begin, std::int64_t count, void* target) const;

 private:
  template <typename T>
  void copy_elements(const T* source, std::int64_t begin, std::int64_t count, T* target) const;
  std::int64_t offset_of_row(std::int64_t row) const;

  InlineVector<AxisWalk> axes_;  // From the inside out, at least one; 0 strides where repeated.
  DataType dtype_;
};

}  // namespace gatefold::native
