#pragma once

#include "ir/tensor.h"

namespace gatefold::ops {

/// How one side of a copy walks its memory, in elements: where it starts, and its step along each
/// axis of the copied box.
struct Walk {
  std::int64_t offset = 0;
  Dims strides;
};

/// Copies a box of `dims` elements from `source` to `target`, each walked in its own way.
void copy_box(const Dims& dims, const Tensor& source, const Walk& from, Tensor& target,
              const Walk& to);
/// The same into every element of `target`, in order; the box has as many elements.
void copy_box(const Dims& dims, const Tensor& source, const Walk& from, Tensor& target);
/// Fills `target` with the part of `source` that starts at `start` of `axis`.
void copy_part(const Tensor& source, std::int64_t axis, std::int64_t start, Tensor& target);
/// Puts `source` into the part of `target` that starts at `start` of `axis`.
void copy_into_part(const Tensor& source, Tensor& target, std::int64_t axis, std::int64_t start);

}  // namespace gatefold::ops
