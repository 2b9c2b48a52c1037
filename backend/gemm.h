#pragma once

#include <cstdint>

namespace gatefold {

/// C = alpha * op(A) * op(B) + beta * C on row-major matrices: op(A) is [m,k], op(B) is [k,n], C is
/// [m,n]. With beta = 0, C is written without being read.
struct Gemm {
  std::int64_t m = 0;
  std::int64_t n = 0;
  std::int64_t k = 0;
  bool transpose_a = false;  ///< A is stored as [k,m].
  bool transpose_b = false;  ///< B is stored as [n,k].
  float alpha = 1;
  float beta = 0;
  /// Elements from one stored row to the next; 0 means that rows are dense.
  std::int64_t a_stride = 0;
  std::int64_t b_stride = 0;
  std::int64_t c_stride = 0;
};

/// The same with the strides of dense rows written out.
Gemm with_strides(Gemm gemm);

}  // namespace gatefold
