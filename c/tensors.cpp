#include "c/tensors.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "c/errors.h"

namespace gatefold::c {
namespace {

/// The extents of a description, which is checked.
Dims dims_of(const gatefold_tensor& given) {
  const char* name = &required(given.name, "the name of a tensor");
  if (given.rank < 0) refuse("tensor '{}' has rank {}", name, given.rank);
  if (given.rank > 0 && given.dims == nullptr) refuse("tensor '{}' has no dims", name);
  const std::span<const std::int64_t> extents(given.dims, static_cast<std::size_t>(given.rank));
  for (const std::int64_t extent : extents) {
    if (extent < 0) refuse("tensor '{}' has an extent of {}", name, extent);
  }
  return {extents.begin(), extents.end()};
}

bool is_dense(const gatefold_tensor& given) {
  if (given.strides == nullptr) return true;
  std::int64_t distance = 1;
  for (std::int32_t axis = given.rank - 1; axis >= 0; --axis) {
    if (given.dims[axis] != 1 && given.strides[axis] != distance) return false;
    distance *= given.dims[axis];
  }
  return true;
}

/// Walks through memory with strides and dense memory at once, and copies one into the other.
class StridedCopy {
 public:
  StridedCopy(const gatefold_tensor& strided, std::size_t element, std::byte* dense, bool is_out)
      : strided_(strided),
        element_(static_cast<std::ptrdiff_t>(element)),
        dense_(dense),
        is_out_(is_out) {}

  void run() { copy(0, static_cast<std::byte*>(strided_.data)); }

 private:
  void copy(std::int32_t axis, std::byte* place) {
    if (axis == strided_.rank) {
      if (is_out_) {
        std::memcpy(place, dense_, static_cast<std::size_t>(element_));
      } else {
        std::memcpy(dense_, place, static_cast<std::size_t>(element_));
      }
      dense_ += element_;
      return;
    }
    for (std::int64_t i = 0; i < strided_.dims[axis]; ++i) {
      copy(axis + 1, place + i * strided_.strides[axis] * element_);
    }
  }

  const gatefold_tensor& strided_;
  std::ptrdiff_t element_;
  std::byte* dense_;
  bool is_out_;
};

}  // namespace

DataType to_data_type(int32_t type, const char* name) {
  const DataType known = data_type_from_number(type);
  if (known == DataType::kUndefined) {
    refuse("tensor '{}' has type {}, which is no element type", name, type);
  }
  return known;
}

bool is_usable(const gatefold_tensor& given) {
  const std::size_t element = gatefold_type_size(given.type);
  return reinterpret_cast<std::uintptr_t>(given.data) % element == 0 && is_dense(given);
}

Tensor to_tensor(const gatefold_tensor& given) {
  const Dims dims = dims_of(given);
  const DataType dtype = to_data_type(given.type, given.name);
  if (given.data == nullptr && element_count(dims) > 0) {
    refuse("tensor '{}' has no data", given.name);
  }
  if (is_usable(given)) return Tensor::view(dtype, dims, given.data);
  Tensor copy(dtype, dims);
  if (copy.size() == 0) return copy;
  if (is_dense(given)) {
    std::memcpy(copy.raw(), given.data, copy.bytes());
  } else {
    StridedCopy(given, size_of(dtype), copy.raw(), /*is_out=*/false).run();
  }
  return copy;
}

void copy_out(const Tensor& from, const gatefold_tensor& to) {
  if (from.size() == 0) return;
  if (is_dense(to)) {
    std::memcpy(to.data, from.raw(), from.bytes());
    return;
  }
  Tensor dense = from;  // Shares the memory, which is only read.
  StridedCopy(to, size_of(from.dtype()), dense.raw(), /*is_out=*/true).run();
}

void describe(const Tensor& tensor, gatefold_tensor& description) {
  Tensor shared = tensor;
  description.type = static_cast<int32_t>(tensor.dtype());
  description.rank = static_cast<int32_t>(tensor.rank());
  description.dims = tensor.dims().data();
  description.strides = nullptr;
  description.data = shared.raw();
}

}  // namespace gatefold::c

size_t gatefold_type_size(int32_t type) {
  const auto known = gatefold::data_type_from_number(type);
  return known == gatefold::DataType::kUndefined ? 0 : gatefold::size_of(known);
}

const char* gatefold_type_name(int32_t type) {
  const auto known = gatefold::data_type_from_number(type);
  return known == gatefold::DataType::kUndefined ? nullptr : gatefold::name_of(known).data();
}
