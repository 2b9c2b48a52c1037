#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ir/type.h"

namespace gatefold::plain {

/// A tensor broadcast to wider extents, read as if the repeated elements were there, from any
/// position on.
class ElementSpread {
 public:
  ElementSpread(const Dims& from, const Dims& to, DataType dtype);

  /// Writes the elements [begin, begin + count) of the wide tensor.
  void copy(const void* source, std::int64_t begin, std::int64_t count, void* target) const;

 private:
  struct Axis {
    std::int64_t extent;
    std::int64_t stride;  // In elements of the source; 0 where the axis is repeated.
  };

  template <typename T>
  void copy_elements(const T* source, std::int64_t begin, std::int64_t count, T* target) const;
  std::int64_t offset_of_row(std::int64_t row) const;

  std::vector<Axis> axes_;  // From the innermost to the outermost; alike ones joined.
  DataType dtype_;
};

}  // namespace gatefold::plain
