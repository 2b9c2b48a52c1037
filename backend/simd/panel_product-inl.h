// Products of rows with panels of a matrix, on Highway vectors of float. A panel is all that
// belongs to a few neighbouring hidden units: a matrix with K columns in it is [K, gates, units],
// so that a row's sums of a panel fit into registers. Included once per instruction set by files
// that use foreach_target.h, as Highway's own *-inl.h files are.
#if defined(GATEFOLD_BACKEND_PLAIN_PANEL_PRODUCT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GATEFOLD_BACKEND_PLAIN_PANEL_PRODUCT_INL_H_
#undef GATEFOLD_BACKEND_PLAIN_PANEL_PRODUCT_INL_H_
#else
#define GATEFOLD_BACKEND_PLAIN_PANEL_PRODUCT_INL_H_
#endif

#include <cstdint>

#include "backend/simd/cell_loops.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace gatefold::native::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using FloatTag = hn::ScalableTag<float>;
using Vector = hn::Vec<FloatTag>;
constexpr FloatTag kTag;

#if HWY_ARCH_ARM || (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3)
constexpr int kSumRegisters = 24;
#else
constexpr int kSumRegisters = 12;
#endif

HWY_INLINE std::int64_t lane_count() { return static_cast<std::int64_t>(hn::Lanes(kTag)); }

/// Vectors of units in a panel: enough for the sums of a panel to keep the multipliers busy.
template <int kGates>
constexpr int kSubPanels = 4 / kGates;
template <int kGates>
constexpr int kVectors = kGates* kSubPanels<kGates>;

/// The sums of one row in a panel.
template <int kGates>
using Sums = Vector[kVectors<kGates>];

template <int kGates>
HWY_INLINE std::int64_t units() {
  return kSubPanels<kGates> * lane_count();
}

/// sums[r] += row r of the pass times the panel.
template <int kRows, int kWidth>
HWY_INLINE void multiply(const float* const (&rows)[kRows], std::int64_t depth, const float* panel,
                         Vector (&sums)[kRows][kWidth]) {
  const std::int64_t lanes = lane_count();
  for (std::int64_t k = 0; k < depth; ++k, panel += kWidth * lanes) {
    Vector columns[kWidth];
    for (int v = 0; v < kWidth; ++v) columns[v] = hn::LoadU(kTag, panel + v * lanes);
    for (int r = 0; r < kRows; ++r) {
      const Vector factor = hn::Set(kTag, rows[r][k]);
      for (int v = 0; v < kWidth; ++v) sums[r][v] = hn::MulAdd(factor, columns[v], sums[r][v]);
    }
  }
}

/// One row alone: even and odd k are summed apart, as a chain of additions would be too slow.
template <int kWidth>
HWY_INLINE void multiply(const float* const (&rows)[1], std::int64_t depth, const float* panel,
                         Vector (&sums)[1][kWidth]) {
  const std::int64_t lanes = lane_count();
  Vector odd_sums[kWidth];
  for (int v = 0; v < kWidth; ++v) odd_sums[v] = hn::Zero(kTag);
  std::int64_t k = 0;
  for (; k + 2 <= depth; k += 2, panel += 2 * kWidth * lanes) {
    const Vector even = hn::Set(kTag, rows[0][k]);
    const Vector odd = hn::Set(kTag, rows[0][k + 1]);
    for (int v = 0; v < kWidth; ++v) {
      sums[0][v] = hn::MulAdd(even, hn::LoadU(kTag, panel + v * lanes), sums[0][v]);
      odd_sums[v] = hn::MulAdd(odd, hn::LoadU(kTag, panel + (kWidth + v) * lanes), odd_sums[v]);
    }
  }
  for (int v = 0; v < kWidth && k < depth; ++v) {
    odd_sums[v] =
        hn::MulAdd(hn::Set(kTag, rows[0][k]), hn::LoadU(kTag, panel + v * lanes), odd_sums[v]);
  }
  for (int v = 0; v < kWidth; ++v) sums[0][v] = hn::Add(sums[0][v], odd_sums[v]);
}

template <int kRows, class Pass>
HWY_INLINE void run_rows(const Pass& pass, std::int64_t panel, std::int64_t first_row) {
  constexpr int kWidth = kVectors<Pass::kGates>;
  const float* rows[kRows];
  Vector sums[kRows][kWidth];
  for (int r = 0; r < kRows; ++r) {
    rows[r] = pass.row(first_row + r);
    pass.start(panel, first_row + r, sums[r]);
  }
  const std::int64_t depth = pass.depth();
  multiply(rows, depth, pass.weights() + panel * depth * kWidth * lane_count(), sums);
  for (int r = 0; r < kRows; ++r) pass.finish(panel, first_row + r, sums[r]);
}

/// Runs a pass over rows and panels. The pass says what the rows of the product are, what their
/// sums start from, and what becomes of them:
///   kGates, row(row), weights(), depth(), start(panel, row, sums), finish(panel, row, sums).
/// `from_behind`: the last panel comes first.
template <class Pass>
void run_panels(const Pass& pass, std::int64_t rows, Range panels, bool from_behind = false) {
  constexpr int kMaxRows = kSumRegisters / kVectors<Pass::kGates>;
  for (std::int64_t i = 0; i < panels.count(); ++i) {
    const std::int64_t panel = from_behind ? panels.end - 1 - i : panels.begin + i;
    std::int64_t row = 0;
    for (; row + kMaxRows <= rows; row += kMaxRows) run_rows<kMaxRows>(pass, panel, row);
    for (; row + 2 <= rows; row += 2) run_rows<2>(pass, panel, row);
    if (row < rows) run_rows<1>(pass, panel, row);
  }
}

}  // namespace gatefold::native::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
