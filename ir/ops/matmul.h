#pragma once

#include <cstdint>

#include "ir/infer.h"
#include "ir/tensor.h"
#include "ir/type.h"

namespace gatefold {

/// numpy's matrix product of two tensors as products of matrices: [batch..,m,k] x [batch..,k,n].
struct MatMulExtents {
  std::int64_t m = 1;
  std::int64_t k = 1;
  std::int64_t n = 1;
  Dims batch;      ///< The broadcast leading extents.
  Dims a_strides;  ///< Elements of A from one matrix to the next, along each axis of `batch`.
  Dims b_strides;
  Dims output;  ///< Extents of the result: those of a 1-D operand's added axis are gone.
};

/// The extents for operands that fit each other.
MatMulExtents matmul_extents(const Dims& a, const Dims& b);

/// The shape of MatMul (input `a`, input `b`), nothing when a rank is unknown; fails when the
/// operands do not fit.
std::optional<Shape> infer_matmul(const InferContext& context, std::size_t a, std::size_t b);

/// c[m,n] += a[m,k] * b[k,n] for dense row-major matrices; a and b may have other element types.
template <typename T, typename A, typename B>
void add_product(std::int64_t m, std::int64_t k, std::int64_t n, const A* a, const B* b, T* c) {
  for (std::int64_t row = 0; row < m; ++row) {
    for (std::int64_t inner = 0; inner < k; ++inner) {
      const T factor = a[row * k + inner];
      for (std::int64_t column = 0; column < n; ++column) {
        c[row * n + column] += factor * static_cast<T>(b[inner * n + column]);
      }
    }
  }
}

/// A copy of a matrix with its axes swapped.
template <typename T>
Tensor transposed(const Tensor& matrix) {
  const std::int64_t rows = matrix.dims()[0];
  const std::int64_t columns = matrix.dims()[1];
  Tensor result(matrix.dtype(), {columns, rows});
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < columns; ++j) {
      result.data<T>()[j * rows + i] = matrix.data<T>()[i * columns + j];
    }
  }
  return result;
}

}  // namespace gatefold
