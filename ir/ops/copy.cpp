#include "ir/ops/copy.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "ir/dispatch.h"
#include "ir/index.h"

namespace gatefold::ops {
namespace {

/// The number of the last axis, or `fallback` where there is no axis, and those of the ones before.
struct Lines {
  std::int64_t last = 0;
  Dims outer;
};

Lines lines_of(Dims numbers, std::int64_t fallback) {
  if (numbers.empty()) return {fallback, {}};
  const std::int64_t last = numbers.back();
  numbers.pop_back();
  return {last, std::move(numbers)};
}

}  // namespace

void copy_box(const Dims& dims, const Tensor& source, const Walk& from, Tensor& target,
              const Walk& to) {
  assert(source.dtype() == target.dtype());
  dispatch_width(source.dtype(), [&]<typename T>() {
    const auto* read = reinterpret_cast<const T*>(source.raw());
    auto* write = reinterpret_cast<T*>(target.raw());
    const Lines box = lines_of(dims, 1);
    const Lines reads = lines_of(from.strides, 0);
    const Lines writes = lines_of(to.strides, 0);
    for_each_index<2>(box.outer, {reads.outer, writes.outer}, [&](const auto& offsets) {
      const T* source_line = read + from.offset + offsets[0];
      T* target_line = write + to.offset + offsets[1];
      for (std::int64_t i = 0; i < box.last; ++i) {
        target_line[i * writes.last] = source_line[i * reads.last];
      }
    });
  });
}

void copy_box(const Dims& dims, const Tensor& source, const Walk& from, Tensor& target) {
  assert(element_count(dims) == target.size());
  copy_box(dims, source, from, target, {0, strides_of(dims)});
}

void copy_part(const Tensor& source, std::int64_t axis, std::int64_t start, Tensor& target) {
  const Dims strides = strides_of(source.dims());
  copy_box(target.dims(), source, {start * strides[axis], strides}, target);
}

void copy_into_part(const Tensor& source, Tensor& target, std::int64_t axis, std::int64_t start) {
  const Dims strides = strides_of(target.dims());
  copy_box(source.dims(), source, {0, strides_of(source.dims())}, target,
           {start * strides[axis], strides});
}

}  // namespace gatefold::ops
