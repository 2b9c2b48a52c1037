#pragma once

#include <cstddef>

#include "ir/inline_vector.h"
#include "ir/type.h"

namespace gatefold::native {

/// Copies a box of elements between two memories, each walked with its own strides: a stride of 0
/// repeats, a negative one reverses. Axes that both sides walk evenly are joined when the copy is
/// made, so that what is contiguous moves in blocks.
class StridedCopy {
 public:
  StridedCopy() = default;
  /// Strides are in elements of `element_bytes` bytes.
  StridedCopy(std::size_t element_bytes, const Dims& dims, const Dims& source_strides,
              const Dims& target_strides);
  /// A copy that fills its target from front to back.
  StridedCopy(std::size_t element_bytes, const Dims& dims, const Dims& source_strides);

  /// `source` and `target` point at the first element of either walk.
  void run(const std::byte* source, std::byte* target);

 private:
  /// One axis of the box; strides in bytes.
  struct Axis {
    std::int64_t extent = 1;
    std::int64_t source = 0;
    std::int64_t target = 0;
  };
  /// Copies the two innermost axes.
  using CopyPlane = void (*)(const StridedCopy& copy, const std::byte* source, std::byte* target);

  void join_axes();
  void widen_element();
  void choose_plane();
  CopyPlane choose() const;
  template <std::size_t kBytes>
  static CopyPlane choose_for_width(bool is_transposed);
  static void copy_blocks(const StridedCopy& copy, const std::byte* source, std::byte* target);
  template <std::size_t kBytes>
  static void copy_rows(const StridedCopy& copy, const std::byte* source, std::byte* target);
  template <std::size_t kBytes>
  static void copy_transposed(const StridedCopy& copy, const std::byte* source, std::byte* target);

  std::size_t element_bytes_ = 1;
  bool is_empty_ = true;
  InlineVector<Axis> outer_;  // From the outside in.
  Axis rows_;
  Axis columns_;
  CopyPlane copy_plane_ = nullptr;
  Dims index_;  // Of the outer axes, while running.
};

}  // namespace gatefold::native
