#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <variant>
#include <vector>

#include "ir/type.h"

namespace gatefold {

/// Computes the product of the extents. Throws Error when an extent is negative or the product
/// exceeds what memory could hold.
std::int64_t element_count(const Dims& dims);

/// A dense array in host memory, last axis innermost (row-major). Copying a Tensor shares its
/// memory; `clone` copies it. Memory that a Tensor allocates is aligned to 64 bytes and starts as
/// zeros.
class Tensor {
 public:
  Tensor() = default;
  /// Allocates a tensor of zeros. Throws Error as element_count does.
  Tensor(DataType dtype, Dims dims);
  /// Makes a tensor over memory that the caller owns and keeps alive.
  static Tensor view(DataType dtype, Dims dims, void* memory);
  /// Makes a tensor over memory that lives as long as a tensor shares it.
  static Tensor over(DataType dtype, Dims dims, std::shared_ptr<std::byte> memory);
  /// Makes a tensor of these values; there must be as many as the extents say.
  template <typename T>
  static Tensor of(Dims dims, std::span<const T> values);
  template <typename T>
  static Tensor of(Dims dims, std::initializer_list<T> values) {
    return of(std::move(dims), std::span<const T>(values.begin(), values.size()));
  }
  template <typename T>
  static Tensor scalar(T value) {
    return of<T>({}, {value});
  }

  DataType dtype() const { return dtype_; }
  const Dims& dims() const { return dims_; }
  std::int64_t rank() const { return static_cast<std::int64_t>(dims_.size()); }
  std::int64_t size() const { return size_; }
  std::size_t bytes() const { return static_cast<std::size_t>(size_) * size_of(dtype_); }
  Type type() const { return {dtype_, dims_}; }
  /// False for a default-made Tensor.
  bool is_defined() const { return dtype_ != DataType::kUndefined; }

  std::byte* raw() { return memory_.get(); }
  const std::byte* raw() const { return memory_.get(); }
  template <typename T>
  T* data() {
    assert(dtype_ == data_type_of<T>());
    return reinterpret_cast<T*>(memory_.get());
  }
  template <typename T>
  const T* data() const {
    assert(dtype_ == data_type_of<T>());
    return reinterpret_cast<const T*>(memory_.get());
  }
  template <typename T>
  std::span<const T> values() const {
    return {data<T>(), static_cast<std::size_t>(size_)};
  }

  /// Returns the elements of an integer or boolean tensor, widened.
  std::vector<std::int64_t> to_int64() const;
  /// Returns element `index` as a number, whatever the type. A NaN has no sign.
  double number_at(std::int64_t index) const;

  /// Copies the tensor and its memory.
  Tensor clone() const;
  /// Makes a tensor that lies `offset` bytes inside this one's memory and keeps all of it alive.
  Tensor part(std::size_t offset, DataType dtype, Dims dims) const;
  /// Makes a tensor on the same memory with other extents; the number of elements must be the same.
  Tensor reshaped(Dims dims) const;
  /// Makes a copy with every element converted as by a C++ cast (floats to bool: non-zero).
  Tensor converted(DataType dtype) const;

 private:
  DataType dtype_ = DataType::kUndefined;
  Dims dims_;
  std::int64_t size_ = 0;
  std::shared_ptr<std::byte> memory_;
};

template <typename T>
Tensor Tensor::of(Dims dims, std::span<const T> values) {
  Tensor tensor(data_type_of<T>(), std::move(dims));
  assert(static_cast<std::size_t>(tensor.size()) == values.size());
  for (std::size_t i = 0; i < values.size(); ++i) tensor.data<T>()[i] = values[i];
  return tensor;
}

struct SequenceNode;

/// A list of tensors that never changes: `inserted` and `erased` make another list, which shares
/// the tensors and all but O(log size()) of the memory with this one. Copying a Sequence shares all
/// of it, so that graphs may hand lists to each other however long they are.
class Sequence {
 public:
  Sequence() = default;
  explicit Sequence(std::span<const Tensor> tensors);

  std::size_t size() const;
  bool empty() const { return root_ == nullptr; }
  /// Returns the tensor at a position in [0, size()), in O(log size()).
  const Tensor& operator[](std::size_t position) const;
  /// Returns all tensors in order.
  std::vector<Tensor> tensors() const;

  /// Makes the list with `tensor` before the one at `position`, or at the end for size().
  Sequence inserted(std::size_t position, Tensor tensor) const;
  /// Makes the list without the tensor at a position in [0, size()).
  Sequence erased(std::size_t position) const;

 private:
  explicit Sequence(std::shared_ptr<const SequenceNode> root) : root_(std::move(root)) {}

  std::shared_ptr<const SequenceNode> root_;
};

/// What a value is at run time: nothing (an empty optional), a tensor or a sequence of tensors.
using Datum = std::variant<std::monostate, Tensor, Sequence>;

/// Describes a datum for messages: "float[2,3]", "sequence of 2 tensors", "nothing".
std::string describe(const Datum& datum);

}  // namespace gatefold
