#include "backend/simd/interleave.h"

// Highway compiles what follows once per instruction set and picks the best one at run time.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/simd/interleave.cpp"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace gatefold::native::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
constexpr hn::ScalableTag<float> kTag;

void interleave_rows(const float* x, std::int64_t step, std::int64_t rows, std::int64_t count,
                     float addend, float* y) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(kTag));
  const auto row = [&](std::int64_t r, std::int64_t i) {
    return hn::Add(hn::LoadU(kTag, x + r * step + i), hn::Set(kTag, addend));
  };
  std::int64_t i = 0;
  if (rows == 2) {
    for (; i + lanes <= count; i += lanes) {
      hn::StoreInterleaved2(row(0, i), row(1, i), kTag, y + 2 * i);
    }
  } else if (rows == 4) {
    for (; i + lanes <= count; i += lanes) {
      hn::StoreInterleaved4(row(0, i), row(1, i), row(2, i), row(3, i), kTag, y + 4 * i);
    }
  }
  for (; i < count; ++i) {
    for (std::int64_t r = 0; r < rows; ++r) y[i * rows + r] = x[r * step + i] + addend;
  }
}

}  // namespace
}  // namespace gatefold::native::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gatefold::native {

HWY_EXPORT(interleave_rows);

void interleave(const float* x, std::int64_t step, std::int64_t rows, std::int64_t count,
                float addend, float* y) {
  HWY_DYNAMIC_DISPATCH(interleave_rows)(x, step, rows, count, addend, y);
}

}  // namespace gatefold::native
#endif  // HWY_ONCE
