#include "backend/products/gemm.h"

#include <omp.h>

#include <algorithm>

#include "backend/onednn/sgemm.h"
#include "backend/simd/team.h"

namespace gatefold::native {
namespace {

// Measured with oneDNN 2.6.3 on AVX-512: up to these sizes of B our own loops are as fast as
// oneDNN's product, or up to 10 % slower. That one generates code for tens of milliseconds when it
// is first called.
constexpr std::int64_t kSmallMatrix = 256 * 1024;
constexpr std::int64_t kSmallMatrixOfOneRow = 64 * 1024;
// Where one of the matrices is transposed oneDNN is ahead from fewer multiplications on.
constexpr std::int64_t kSmallProductsOfColumns = 64 * 1024;
constexpr std::int64_t kSmallTransposedProducts = 4 * 1024;
// Multiplications that are worth another thread.
constexpr std::int64_t kProductsOfThread = 256 * 1024;

std::int64_t products(const Gemm& gemm) { return gemm.m * gemm.n * gemm.k; }

/// One of `parts` parts of the result: rows, or columns where there are more of them.
void run_part(Gemm gemm, std::int64_t part, std::int64_t parts, const float* a, const float* b,
              float* c) {
  constexpr std::int64_t kLine = 16;
  const auto bound = [&](std::int64_t count, std::int64_t i) {
    return i == parts ? count : count * i / parts / kLine * kLine;
  };
  const bool by_rows = gemm.m >= gemm.n;
  const std::int64_t begin = bound(by_rows ? gemm.m : gemm.n, part);
  const std::int64_t end = bound(by_rows ? gemm.m : gemm.n, part + 1);
  if (by_rows) {
    gemm.m = end - begin;
    a += begin * (gemm.transpose_a ? 1 : gemm.a_stride);
    c += begin * gemm.c_stride;
  } else {
    gemm.n = end - begin;
    b += begin * (gemm.transpose_b ? gemm.b_stride : 1);
    c += begin;
  }
  if (begin < end) run_small_gemm(gemm, a, b, c);
}

void run_own(const Gemm& gemm, const float* a, const float* b, float* c) {
  const std::int64_t parts =
      std::min<std::int64_t>(products(gemm) / kProductsOfThread, omp_get_max_threads());
  if (parts <= 1) return run_small_gemm(gemm, a, b, c);
  for_each_part(parts, static_cast<int>(parts),
                [&](std::int64_t part) { run_part(gemm, part, parts, a, b, c); });
}

/// A dense column is as well a row: dot products read it with whole vectors.
void turn_column(Gemm& gemm) {
  if (gemm.n != 1 || gemm.b_stride != 1 || gemm.transpose_a) return;
  gemm.transpose_b = true;
  gemm.b_stride = gemm.k;
}

}  // namespace

bool is_small(const Gemm& gemm) {
  if (gemm.transpose_a) return !gemm.transpose_b && products(gemm) <= kSmallProductsOfColumns;
  if (gemm.transpose_b) return products(gemm) <= kSmallTransposedProducts;
  return gemm.n * gemm.k <= (gemm.m == 1 ? kSmallMatrixOfOneRow : kSmallMatrix);
}

void run_gemm(const Gemm& gemm, const float* a, const float* b, float* c) {
  if (gemm.m == 0 || gemm.n == 0) return;
  Gemm dense = with_strides(gemm);
  if (!dense.transpose_b) turn_column(dense);
  if (dense.k == 0 || is_small(dense)) return run_own(dense, a, b, c);
  onednn::run_sgemm(dense, a, b, c);
}

std::string implementation_of(const Gemm& gemm) {
  return is_small(gemm) ? "native" : "onednn sgemm";
}

}  // namespace gatefold::native
