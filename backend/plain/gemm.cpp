#include "backend/plain/gemm.h"

#include "backend/onednn/sgemm.h"

namespace gatefold::plain {
namespace {

// Multiplications up to which our own loops are at least as fast as oneDNN's call.
constexpr std::int64_t kSmallProducts = 64 * 1024;
constexpr std::int64_t kSmallTransposedProducts = 4 * 1024;

bool is_small(const Gemm& gemm) {
  const std::int64_t products = gemm.m * gemm.n * gemm.k;
  if (!gemm.transpose_b) return products <= kSmallProducts;
  return !gemm.transpose_a && products <= kSmallTransposedProducts;
}

/// A dense column is as well a row: dot products read it with whole vectors.
void turn_column(Gemm& gemm) {
  if (gemm.n != 1 || gemm.b_stride != 1 || gemm.transpose_a) return;
  gemm.transpose_b = true;
  gemm.b_stride = gemm.k;
}

}  // namespace

void run_gemm(const Gemm& gemm, const float* a, const float* b, float* c) {
  if (gemm.m == 0 || gemm.n == 0) return;
  Gemm dense = gemm;
  if (dense.a_stride == 0) dense.a_stride = dense.transpose_a ? dense.m : dense.k;
  if (dense.b_stride == 0) dense.b_stride = dense.transpose_b ? dense.k : dense.n;
  if (dense.c_stride == 0) dense.c_stride = dense.n;
  if (!dense.transpose_b) turn_column(dense);
  if (dense.k == 0 || is_small(dense)) return run_small_gemm(dense, a, b, c);
  onednn::run_sgemm(dense, a, b, c);
}

std::string implementation_of(const Gemm& gemm) {
  return is_small(gemm) ? "plain" : "onednn sgemm";
}

}  // namespace gatefold::plain
