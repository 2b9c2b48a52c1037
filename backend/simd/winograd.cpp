#include "backend/simd/winograd.h"

// Highway compiles what follows once per instruction set and picks the best one at run time.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/simd/winograd.cpp"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace gatefold::native::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
constexpr hn::ScalableTag<float> kTag;
using Vector = hn::Vec<decltype(kTag)>;

/// B^T times a column.
HWY_INLINE void transform_input_column(Vector& a, Vector& b, Vector& c, Vector& d) {
  a = hn::Sub(a, c);
  const Vector sum = hn::Add(b, c);
  d = hn::Sub(b, d);
  c = hn::Sub(c, b);
  b = sum;
}

void transform_input_lines(const WindowLines& tiles, std::int64_t first, std::int64_t last,
                           const float* x, std::int64_t step, float* v) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(kTag));
  for (std::int64_t line = first; line < last; ++line, v += tiles.width) {
    const float* source = x + tiles.lines[static_cast<std::size_t>(line)];
    for (std::int64_t o = 0; o < tiles.width; o += lanes) {
      Vector t[kTilePoints];
      for (std::size_t p = 0; p < kTilePoints; ++p)
        t[p] = hn::LoadU(kTag, source + tiles.taps[p] + o);
      for (std::size_t i = 0; i < kTileInputs; ++i) {
        transform_input_column(t[i], t[4 + i], t[8 + i], t[12 + i]);
      }
      for (std::size_t i = 0; i < kTilePoints; i += kTileInputs) {
        transform_input_column(t[i], t[i + 1], t[i + 2], t[i + 3]);
      }
      for (std::int64_t p = 0; p < kTilePoints; ++p) hn::StoreU(t[p], kTag, v + p * step + o);
    }
  }
}

/// A^T times a column.
HWY_INLINE void transform_output_column(Vector a, Vector b, Vector c, Vector d, Vector& first,
                                        Vector& second) {
  first = hn::Add(hn::Add(a, b), c);
  second = hn::Sub(hn::Sub(b, c), d);
}

void transform_output_rows(const float* m, std::int64_t step, std::int64_t count, float bias,
                           float* const (&rows)[kTileOutputs]) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(kTag));
  const Vector start = hn::Set(kTag, bias);
  for (std::int64_t tile = 0; tile < count; tile += lanes) {
    Vector top[kTileInputs];
    Vector bottom[kTileInputs];
    for (std::int64_t i = 0; i < kTileInputs; ++i) {
      const float* column = m + i * step + tile;
      transform_output_column(hn::LoadU(kTag, column), hn::LoadU(kTag, column + 4 * step),
                              hn::LoadU(kTag, column + 8 * step),
                              hn::LoadU(kTag, column + 12 * step), top[i], bottom[i]);
    }
    for (const auto& [t, row] : {std::pair{top, rows[0]}, std::pair{bottom, rows[1]}}) {
      Vector left;
      Vector right;
      transform_output_column(t[0], t[1], t[2], t[3], left, right);
      hn::StoreInterleaved2(hn::Add(left, start), hn::Add(right, start), kTag,
                            row + kTileOutputs * tile);
    }
  }
}

}  // namespace
}  // namespace gatefold::native::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gatefold::native {

HWY_EXPORT(transform_input_lines);
HWY_EXPORT(transform_output_rows);

void transform_weights(const float* w, std::int64_t step, float* u) {
  constexpr std::int64_t kWeights = 3;
  const auto transform = [](float a, float b, float c, std::int64_t i) {
    const float points[] = {a, (a + b + c) / 2, (a - b + c) / 2, c};
    return points[i];
  };
  for (std::int64_t i = 0; i < kTileInputs; ++i) {
    float row[kWeights];
    for (std::int64_t k = 0; k < kWeights; ++k) {
      row[k] = transform(w[k], w[kWeights + k], w[2 * kWeights + k], i);
    }
    for (std::int64_t j = 0; j < kTileInputs; ++j, u += step) {
      *u = transform(row[0], row[1], row[2], j);
    }
  }
}

void transform_inputs(const WindowLines& tiles, std::int64_t first, std::int64_t last,
                      const float* x, std::int64_t step, float* v) {
  HWY_DYNAMIC_DISPATCH(transform_input_lines)(tiles, first, last, x, step, v);
}

void transform_outputs(const float* m, std::int64_t step, std::int64_t count, float bias,
                       float* const (&rows)[kTileOutputs]) {
  HWY_DYNAMIC_DISPATCH(transform_output_rows)(m, step, count, bias, rows);
}

}  // namespace gatefold::native
#endif  // HWY_ONCE
