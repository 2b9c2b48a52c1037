#include "backend/simd/winograd.h"

#include <algorithm>

// Highway compiles what follows once per instruction set and picks the best one at run time.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/simd/winograd.cpp"
#include "hwy/foreach_target.h"
//
#include "backend/simd/strided_load-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace gatefold::native::HWY_NAMESPACE {
namespace {

constexpr hn::ScalableTag<float> kTag;
using Vector = hn::Vec<decltype(kTag)>;

// The points a, -a, b and -b beside 0 and infinity.
constexpr float kA = 0.70710678F;
constexpr float kB = 1.41421356F;
constexpr float kASquare = 0.5F;
constexpr float kBSquare = 2.0F;

HWY_INLINE std::int64_t lane_count() { return static_cast<std::int64_t>(hn::Lanes(kTag)); }

/// The inputs of all tiles, with zeros for what lies outside of the channel.
void pad_rows(const TileBlock& block, const float* x, float* rows) {
  const std::int64_t width = kTileOutputs * block.columns + kTileInputs - kTileOutputs;
  const std::int64_t begin = std::clamp(-block.left, std::int64_t{0}, width);
  const std::int64_t end = std::clamp(block.width - block.left, begin, width);
  for (std::int64_t h = block.top; h < block.top + block.rows(); ++h, rows += block.pitch()) {
    if (h < 0 || h >= block.height) {
      std::fill_n(rows, width, 0.0F);
    } else {
      const float* row = x + h * block.width + block.left;
      std::fill_n(rows, begin, 0.0F);
      std::copy(row + begin, row + end, rows + begin);
      std::fill(rows + end, rows + width, 0.0F);
    }
  }
}

/// Input i of tile t becomes d[i * step + t]. A row of inputs goes to the tiles of its line, and
/// the first ones of a line to those above as well. Vectors may go beyond the last tile of a line,
/// into the next one, which comes later.
void gather_tiles(const TileBlock& block, const float* rows, std::int64_t step, float* d) {
  constexpr std::int64_t kShared = kTileInputs - kTileOutputs;
  for (std::int64_t r = 0; r < block.rows(); ++r, rows += block.pitch()) {
    const std::int64_t line = r / kTileOutputs;
    const std::int64_t i = r % kTileOutputs;
    float* own = d + i * kTileInputs * step + line * block.columns;
    float* above = own + kTileOutputs * kTileInputs * step - block.columns;
    for (std::int64_t tile = 0; tile < block.columns; tile += lane_count()) {
      for (std::int64_t j = 0; j < kTileInputs; ++j) {
        const Vector column = load_every<kTileOutputs>(kTag, rows + kTileOutputs * tile + j);
        if (line < block.lines) hn::StoreU(column, kTag, own + j * step + tile);
        if (i < kShared && line > 0) hn::StoreU(column, kTag, above + j * step + tile);
      }
    }
  }
}

/// B^T times a column, six numbers `stride` apart.
HWY_INLINE void transform_input_column(const Vector* d, std::int64_t stride, Vector* t) {
  const auto at = [&](std::int64_t i) { return d[i * stride]; };
  const Vector ends = hn::Set(kTag, kASquare + kBSquare);
  const Vector even_a = hn::NegMulAdd(hn::Set(kTag, kBSquare), at(2), at(4));
  const Vector odd_a = hn::NegMulAdd(hn::Set(kTag, kBSquare), at(1), at(3));
  const Vector even_b = hn::NegMulAdd(hn::Set(kTag, kASquare), at(2), at(4));
  const Vector odd_b = hn::NegMulAdd(hn::Set(kTag, kASquare), at(1), at(3));
  t[0] = hn::NegMulAdd(ends, at(2), hn::Add(at(0), at(4)));
  t[1] = hn::MulAdd(hn::Set(kTag, kA), odd_a, even_a);
  t[2] = hn::NegMulAdd(hn::Set(kTag, kA), odd_a, even_a);
  t[3] = hn::MulAdd(hn::Set(kTag, kB), odd_b, even_b);
  t[4] = hn::NegMulAdd(hn::Set(kTag, kB), odd_b, even_b);
  t[5] = hn::NegMulAdd(ends, at(3), hn::Add(at(1), at(5)));
}

void transform_input_block(const TileBlock& block, const float* x, float* scratch,
                           std::int64_t v_step, float* v) {
  pad_rows(block, x, scratch);
  float* d = scratch + block.rows() * block.pitch();
  const std::int64_t step = block.step();
  gather_tiles(block, scratch, step, d);
  for (std::int64_t tile = 0; tile < block.tiles(); tile += lane_count()) {
    // Column j of the tile, transformed, is t[6 j] .. t[6 j + 5].
    Vector t[kTilePoints];
    for (std::int64_t j = 0; j < kTileInputs; ++j) {
      Vector column[kTileInputs];
      for (std::int64_t i = 0; i < kTileInputs; ++i) {
        column[i] = hn::LoadU(kTag, d + (kTileInputs * i + j) * step + tile);
      }
      transform_input_column(column, 1, t + kTileInputs * j);
    }
    for (std::int64_t i = 0; i < kTileInputs; ++i) {
      Vector row[kTileInputs];
      transform_input_column(t + i, kTileInputs, row);
      for (std::int64_t j = 0; j < kTileInputs; ++j) {
        hn::StoreU(row[j], kTag, v + (kTileInputs * i + j) * v_step + tile);
      }
    }
  }
}

/// A^T times a column, six numbers `stride` apart.
HWY_INLINE void transform_output_column(const Vector* m, std::int64_t stride, Vector* y) {
  const auto at = [&](std::int64_t i) { return m[i * stride]; };
  const Vector even_a = hn::Add(at(1), at(2));
  const Vector odd_a = hn::Sub(at(1), at(2));
  const Vector even_b = hn::Add(at(3), at(4));
  const Vector odd_b = hn::Sub(at(3), at(4));
  const auto weigh = [](float a, Vector of_a, float b, Vector of_b) {
    return hn::MulAdd(hn::Set(kTag, a), of_a, hn::Mul(hn::Set(kTag, b), of_b));
  };
  y[0] = hn::Add(at(0), hn::Add(even_a, even_b));
  y[1] = weigh(kA, odd_a, kB, odd_b);
  y[2] = weigh(kASquare, even_a, kBSquare, even_b);
  y[3] = hn::Add(weigh(kA * kASquare, odd_a, kB * kBSquare, odd_b), at(5));
}

bool transform_output_tiles(const float* m, std::int64_t m_step, std::int64_t count,
                            std::int64_t step, float bias, float* rows, float* squares) {
  const Vector start = hn::Set(kTag, bias);
  const Vector limit = hn::Set(kTag, kMostSquares);
  auto are_small = hn::Eq(start, start);
  for (std::int64_t tile = 0; tile < count; tile += lane_count()) {
    // Column j of the tile, transformed, is t[4 j] .. t[4 j + 3].
    Vector t[kTileInputs * kTileOutputs];
    Vector sums[kTileInputs];
    for (std::int64_t j = 0; j < kTileInputs; ++j) {
      Vector column[kTileInputs];
      for (std::int64_t i = 0; i < kTileInputs; ++i) {
        column[i] = hn::LoadU(kTag, m + (kTileInputs * i + j) * m_step + tile);
        sums[i] =
            j == 0 ? hn::Mul(column[i], column[i]) : hn::MulAdd(column[i], column[i], sums[i]);
      }
      transform_output_column(column, 1, t + kTileOutputs * j);
    }
    for (std::int64_t r = 0; r < kTileOutputs; ++r) {
      Vector y[kTileOutputs];
      transform_output_column(t + r, kTileOutputs, y);
      hn::StoreInterleaved4(hn::Add(y[0], start), hn::Add(y[1], start), hn::Add(y[2], start),
                            hn::Add(y[3], start), kTag,
                            rows + r * kTileOutputs * step + kTileOutputs * tile);
    }
    const Vector sum = hn::Add(hn::Add(hn::Add(sums[0], sums[1]), hn::Add(sums[2], sums[3])),
                               hn::Add(sums[4], sums[5]));
    hn::StoreU(sum, kTag, squares + tile);
    are_small = hn::And(are_small, hn::Le(sum, limit));
  }
  return hn::AllTrue(kTag, are_small);
}

}  // namespace
}  // namespace gatefold::native::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gatefold::native {

HWY_EXPORT(transform_input_block);
HWY_EXPORT(transform_output_tiles);

void transform_weights(const float* w, std::int64_t step, float* u) {
  constexpr std::int64_t kWeights = 3;
  // The rows of G: 1, p and p^2 over the product of the distances to the other points.
  constexpr double kRoot = 0.70710678118654752;
  constexpr double kG[kTileInputs][kWeights] = {{1, 0, 0},
                                                {-2.0 / 3, -2.0 / 3 * kRoot, -1.0 / 3},
                                                {-2.0 / 3, 2.0 / 3 * kRoot, -1.0 / 3},
                                                {1.0 / 6, 1.0 / 3 * kRoot, 1.0 / 3},
                                                {1.0 / 6, -1.0 / 3 * kRoot, 1.0 / 3},
                                                {0, 0, 1}};
  for (const auto& vertical : kG) {
    for (const auto& horizontal : kG) {
      double sum = 0;
      for (std::int64_t i = 0; i < kWeights * kWeights; ++i) {
        sum += vertical[i / kWeights] * w[i] * horizontal[i % kWeights];
      }
      *u = static_cast<float>(sum);
      u += step;
    }
  }
}

void transform_inputs(const TileBlock& block, const float* x, float* scratch, std::int64_t v_step,
                      float* v) {
  HWY_DYNAMIC_DISPATCH(transform_input_block)(block, x, scratch, v_step, v);
}

bool transform_outputs(const float* m, std::int64_t m_step, std::int64_t count, std::int64_t step,
                       float bias, float* rows, float* squares) {
  return HWY_DYNAMIC_DISPATCH(transform_output_tiles)(m, m_step, count, step, bias, rows, squares);
}

}  // namespace gatefold::native
#endif  // HWY_ONCE
