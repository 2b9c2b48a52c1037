#include "backend/plain/pool_lines.h"

#include <algorithm>
#include <limits>

// Highway compiles what follows once per instruction set and picks the best one at run time.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/plain/pool_lines.cpp"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace gatefold::plain::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
constexpr hn::ScalableTag<float> kTag;
using Vector = hn::Vec<decltype(kTag)>;

struct Max {
  static constexpr float kStart = std::numeric_limits<float>::lowest();
  HWY_INLINE static Vector combine(Vector a, Vector b) { return hn::Max(a, b); }
};

struct Sum {
  static constexpr float kStart = 0;
  HWY_INLINE static Vector combine(Vector a, Vector b) { return hn::Add(a, b); }
};

template <class Combine>
HWY_INLINE void pool(const WindowLines& lines, const float* x, float* y) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(kTag));
  const float* y_end = y + lines.output_count();
  for (const std::int64_t line : lines.lines) {
    for (std::int64_t o = 0; o < lines.width; o += lanes) {
      Vector result = hn::Set(kTag, Combine::kStart);
      for (const std::int64_t tap : lines.taps) {
        result = Combine::combine(result, hn::LoadU(kTag, x + line + o + tap));
      }
      // What a vector writes behind its line is replaced by the next line.
      if (y_end - (y + o) >= lanes) {
        hn::StoreU(result, kTag, y + o);
      } else {
        HWY_ALIGN float all[hn::MaxLanes(kTag)];
        hn::Store(result, kTag, all);
        std::copy(all, all + (y_end - (y + o)), y + o);
      }
    }
    y += lines.width;
  }
}

void max_lines(const WindowLines& lines, const float* x, float* y) { pool<Max>(lines, x, y); }
void sum_lines(const WindowLines& lines, const float* x, float* y) { pool<Sum>(lines, x, y); }

}  // namespace
}  // namespace gatefold::plain::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gatefold::plain {

HWY_EXPORT(max_lines);
HWY_EXPORT(sum_lines);

void max_pool_lines(const WindowLines& lines, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(max_lines)(lines, x, y);
}

void sum_pool_lines(const WindowLines& lines, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(sum_lines)(lines, x, y);
}

}  // namespace gatefold::plain
#endif  // HWY_ONCE
