#pragma once

#include <cstdint>
#include <string>

namespace gatefold::native {

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

/// Computes a Gemm on OpenMP threads: with vector loops of our own where B fits into a core's
/// cache, else with oneDNN's. A B that is used often should not be transposed.
void run_gemm(const Gemm& gemm, const float* a, const float* b, float* c);

/// True when run_gemm takes loops of our own.
bool is_small(const Gemm& gemm);

/// What run_gemm computes with, as Kernel::implementation says it.
std::string implementation_of(const Gemm& gemm);

/// The part of run_gemm for a small B, on one thread; strides must be given, and A and B must not
/// both be transposed.
void run_small_gemm(const Gemm& gemm, const float* a, const float* b, float* c);

}  // namespace gatefold::native
