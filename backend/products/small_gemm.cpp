#include <algorithm>
#include <cstring>

#include "backend/products/gemm.h"

// Highway compiles what follows once per instruction set and picks the best one at run time.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/products/small_gemm.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace gatefold::native::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Lanes = hn::ScalableTag<float>;
using Vector = hn::Vec<Lanes>;

constexpr std::int64_t kMaxLanes = HWY_MAX_BYTES / sizeof(float);

// The largest block of results: what fits into the registers beside a row of B.
#if HWY_ARCH_ARM || HWY_TARGET <= HWY_AVX3
constexpr int kBlockRows = 6;
constexpr int kBlockVectors = 4;
#else
constexpr int kBlockRows = 4;
constexpr int kBlockVectors = 3;
#endif

/// Writes up to a vector of results: alpha * sums + beta * c.
void store(const Gemm& gemm, Vector sums, float* c, std::int64_t count) {
  const Lanes d;
  sums = hn::Mul(sums, hn::Set(d, gemm.alpha));
  if (count >= static_cast<std::int64_t>(hn::Lanes(d))) {
    if (gemm.beta != 0) sums = hn::MulAdd(hn::Set(d, gemm.beta), hn::LoadU(d, c), sums);
    return hn::StoreU(sums, d, c);
  }
  HWY_ALIGN float results[kMaxLanes];
  hn::Store(sums, d, results);
  for (std::int64_t i = 0; i < count; ++i) {
    c[i] = gemm.beta != 0 ? gemm.beta * c[i] + results[i] : results[i];
  }
}

/// A block of kRows x (kVectors * lanes) results for a B that is not transposed. `a` stands at the
/// first row, `b` and `c` at the first column.
template <int kRows, int kVectors>
HWY_INLINE void multiply_block(const Gemm& gemm, const float* a, const float* b, float* c) {
  const Lanes d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const std::int64_t row_step = gemm.transpose_a ? 1 : gemm.a_stride;
  const std::int64_t column_step = gemm.transpose_a ? gemm.a_stride : 1;
  Vector sums[kRows][kVectors];
  for (auto& row : sums) {
    for (Vector& sum : row) sum = hn::Zero(d);
  }
  for (std::int64_t k = 0; k < gemm.k; ++k, b += gemm.b_stride, a += column_step) {
    Vector columns[kVectors];
    for (int v = 0; v < kVectors; ++v) columns[v] = hn::LoadU(d, b + v * lanes);
    for (int r = 0; r < kRows; ++r) {
      const Vector factor = hn::Set(d, a[r * row_step]);
      for (int v = 0; v < kVectors; ++v) {
        sums[r][v] = hn::MulAdd(factor, columns[v], sums[r][v]);
      }
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kVectors; ++v) {
      store(gemm, sums[r][v], c + r * gemm.c_stride + v * lanes, lanes);
    }
  }
}

/// As multiply_block for the last `columns` < lanes columns. Rows of B are read in whole vectors
/// where these stay inside B, which ends at `b_end`.
template <int kRows>
HWY_INLINE void multiply_tail(const Gemm& gemm, const float* a, const float* b, const float* b_end,
                              float* c, std::int64_t columns) {
  const Lanes d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const std::int64_t row_step = gemm.transpose_a ? 1 : gemm.a_stride;
  const std::int64_t column_step = gemm.transpose_a ? gemm.a_stride : 1;
  HWY_ALIGN float copy[kMaxLanes] = {};
  Vector sums[kRows];
  for (Vector& sum : sums) sum = hn::Zero(d);
  for (std::int64_t k = 0; k < gemm.k; ++k, b += gemm.b_stride, a += column_step) {
    const float* row = b;
    if (b_end - b < lanes) row = std::copy_n(b, columns, copy) - columns;
    const Vector values = hn::LoadU(d, row);
    for (int r = 0; r < kRows; ++r) {
      sums[r] = hn::MulAdd(hn::Set(d, a[r * row_step]), values, sums[r]);
    }
  }
  for (int r = 0; r < kRows; ++r) store(gemm, sums[r], c + r * gemm.c_stride, columns);
}

/// All columns of kRows rows; blocks are as wide as the registers allow.
template <int kRows, int kVectors>
void multiply_rows(const Gemm& gemm, const float* a, const float* b, float* c) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(Lanes()));
  const float* b_end = b + std::max<std::int64_t>(gemm.k - 1, 0) * gemm.b_stride + gemm.n;
  std::int64_t n = 0;
  for (; n + kVectors * lanes <= gemm.n; n += kVectors * lanes) {
    multiply_block<kRows, kVectors>(gemm, a, b + n, c + n);
  }
  for (; n + 2 * lanes <= gemm.n; n += 2 * lanes) {
    multiply_block<kRows, 2>(gemm, a, b + n, c + n);
  }
  for (; n + lanes <= gemm.n; n += lanes) multiply_block<kRows, 1>(gemm, a, b + n, c + n);
  if (n < gemm.n) multiply_tail<kRows>(gemm, a, b + n, b_end, c + n, gemm.n - n);
}

/// The dot product of two dense vectors.
HWY_INLINE float dot(const float* a, const float* b, std::int64_t count) {
  const Lanes d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  Vector sums[4] = {hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
  std::int64_t i = 0;
  for (; i + 4 * lanes <= count; i += 4 * lanes) {
    for (int v = 0; v < 4; ++v) {
      sums[v] =
          hn::MulAdd(hn::LoadU(d, a + i + v * lanes), hn::LoadU(d, b + i + v * lanes), sums[v]);
    }
  }
  for (; i + lanes <= count; i += lanes) {
    sums[0] = hn::MulAdd(hn::LoadU(d, a + i), hn::LoadU(d, b + i), sums[0]);
  }
  sums[0] = hn::Add(hn::Add(sums[0], sums[1]), hn::Add(sums[2], sums[3]));
  float result = hn::GetLane(hn::SumOfLanes(d, sums[0]));
  for (; i < count; ++i) result += a[i] * b[i];
  return result;
}

/// Rows of A against rows of a transposed B: both lie along k.
void multiply_transposed(const Gemm& gemm, const float* a, const float* b, float* c) {
  for (std::int64_t m = 0; m < gemm.m; ++m) {
    const float* row = a + m * gemm.a_stride;
    float* target = c + m * gemm.c_stride;
    for (std::int64_t n = 0; n < gemm.n; ++n) {
      const float product = gemm.alpha * dot(row, b + n * gemm.b_stride, gemm.k);
      target[n] = gemm.beta != 0 ? gemm.beta * target[n] + product : product;
    }
  }
}

// So few columns leave most of a vector empty; this many numbers of B are turned for them.
constexpr std::int64_t kFewColumns = 4;
constexpr std::int64_t kMostTurned = 4096;

bool has_few_columns(const Gemm& gemm) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(Lanes()));
  return !gemm.transpose_a && gemm.m > kFewColumns && gemm.n <= kFewColumns && gemm.n < lanes &&
         gemm.k >= 2 * lanes && gemm.k * gemm.n <= kMostTurned;
}

/// Turns B, so that both matrices are read along k.
void multiply_few_columns(Gemm gemm, const float* a, const float* b, float* c) {
  float columns[kMostTurned];
  for (std::int64_t k = 0; k < gemm.k; ++k) {
    for (std::int64_t n = 0; n < gemm.n; ++n) columns[n * gemm.k + k] = b[k * gemm.b_stride + n];
  }
  gemm.b_stride = gemm.k;
  multiply_transposed(gemm, a, columns, c);
}

void small_gemm(const Gemm& gemm, const float* a, const float* b, float* c) {
  if (gemm.transpose_b) return multiply_transposed(gemm, a, b, c);
  if (has_few_columns(gemm)) return multiply_few_columns(gemm, a, b, c);
  const std::int64_t row_step = gemm.transpose_a ? 1 : gemm.a_stride;
  std::int64_t m = 0;
  for (; m + kBlockRows <= gemm.m; m += kBlockRows) {
    multiply_rows<kBlockRows, kBlockVectors>(gemm, a + m * row_step, b, c + m * gemm.c_stride);
  }
  for (; m + 4 <= gemm.m; m += 4) {
    multiply_rows<4, 3>(gemm, a + m * row_step, b, c + m * gemm.c_stride);
  }
  for (; m + 2 <= gemm.m; m += 2) {
    multiply_rows<2, 4>(gemm, a + m * row_step, b, c + m * gemm.c_stride);
  }
  if (m < gemm.m) multiply_rows<1, 8>(gemm, a + m * row_step, b, c + m * gemm.c_stride);
}

}  // namespace gatefold::native::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gatefold::native {

HWY_EXPORT(small_gemm);

void run_small_gemm(const Gemm& gemm, const float* a, const float* b, float* c) {
  HWY_DYNAMIC_DISPATCH(small_gemm)(gemm, a, b, c);
}

}  // namespace gatefold::native
#endif
