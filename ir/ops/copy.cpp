#include "ir/ops/copy.h"

#include <algorithm>
#include <cassert>

#include "ir/dispatch.h"
#include "ir/index.h"

namespace gatefold::ops {

void copy_box(const Dims& dims, const Tensor& source, const Walk& from, Tensor& target,
              const Walk& to) {
  assert(source.dtype() == target.dtype());
  dispatch_width(source.dtype(), [&]<typename T>() {
    const auto* read = reinterpret_cast<const T*>(source.raw());
    auto* write = reinterpret_cast<T*>(target.raw());
    for_each_index<2>(dims, {from.strides, to.strides}, [&](const auto& offsets) {
      write[to.offset + offsets[1]] = read[from.offset + offsets[0]];
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

void copy_all(const Tensor& source, Tensor& target) {
  assert(source.bytes() == target.bytes());
  std::copy_n(source.raw(), source.bytes(), target.raw());
}

}  // namespace gatefold::ops
