#include "backend/simd/bfloat16.h"

#include <algorithm>
#include <cstring>

// Highway compiles what follows once per instruction set and picks the best one at run time.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/simd/bfloat16.cpp"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace gatefold::native::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using FloatTag = hn::ScalableTag<float>;
using WordTag = hn::ScalableTag<std::uint32_t>;
using IntTag = hn::ScalableTag<std::int32_t>;
using HalfTag = hn::Rebind<std::uint16_t, WordTag>;
using Words = hn::Vec<WordTag>;

HWY_INLINE std::int64_t lane_count() { return static_cast<std::int64_t>(hn::Lanes(WordTag())); }

/// The rounded numbers as the lower halves of words.
HWY_INLINE Words round(hn::Vec<FloatTag> numbers) {
  const WordTag d;
  const Words words = hn::BitCast(d, numbers);
  const Words upper = hn::ShiftRight<16>(words);
  const Words odd = hn::And(upper, hn::Set(d, 1));
  const Words rounded = hn::ShiftRight<16>(hn::Add(words, hn::Add(odd, hn::Set(d, 0x7FFF))));
  const auto is_nan = hn::RebindMask(d, hn::IsNaN(numbers));
  return hn::IfThenElse(is_nan, hn::Or(upper, hn::Set(d, 0x40)), rounded);
}

/// One dense row.
void round_row(const float* row, std::int64_t depth, BFloat16* target) {
  std::int64_t k = 0;
  for (; k + lane_count() <= depth; k += lane_count()) {
    const Words words = round(hn::LoadU(FloatTag(), row + k));
    hn::StoreU(hn::DemoteTo(HalfTag(), hn::BitCast(IntTag(), words)), HalfTag(),
               reinterpret_cast<std::uint16_t*>(target + k));
  }
  for (; k < depth; ++k) target[k] = BFloat16(row[k]);
}

/// Two dense rows of a right operand; `odd` is nullptr where the depth ends.
void pack_row_pair(const float* even, const float* odd, std::int64_t columns, BFloat16* target) {
  const WordTag d;
  std::int64_t n = 0;
  for (; n + lane_count() <= columns; n += lane_count()) {
    Words words = round(hn::LoadU(FloatTag(), even + n));
    if (odd != nullptr) {
      words = hn::Or(words, hn::ShiftLeft<16>(round(hn::LoadU(FloatTag(), odd + n))));
    }
    hn::StoreU(words, d, reinterpret_cast<std::uint32_t*>(target + 2 * n));
  }
  for (; n < columns; ++n) {
    target[2 * n] = BFloat16(even[n]);
    target[2 * n + 1] = odd == nullptr ? BFloat16() : BFloat16(odd[n]);
  }
}

}  // namespace
}  // namespace gatefold::native::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gatefold::native {
namespace {

HWY_EXPORT(round_row);
HWY_EXPORT(pack_row_pair);

// Pairs, and lines of them, that are transposed at once.
constexpr std::int64_t kTile = 16;
constexpr std::int64_t kWideTile = 128;
/// A few lines of pairs of neighbours.
using Tile = BFloat16[kTile][2 * kTile];
using WideTile = BFloat16[kTile][2 * kWideTile];

/// Pair j of line i goes to pair i of target line j.
template <typename Lines>
void transpose(const Lines& lines, std::int64_t line_count, std::int64_t pairs, BFloat16* target,
               std::int64_t stride) {
  for (std::int64_t j = 0; j < pairs; ++j, target += stride) {
    for (std::int64_t i = 0; i < line_count; ++i) {
      std::memcpy(target + 2 * i, lines[i] + 2 * j, 2 * sizeof(BFloat16));
    }
  }
}

/// round_rows of a matrix that lies along its columns; each is a line of it.
void round_transposed_rows(const FloatMatrix& matrix, std::int64_t rows, std::int64_t depth,
                           std::int64_t padded, BFloat16* target) {
  WideTile tile;
  for (std::int64_t k = 0; k < depth; k += 2 * kTile) {
    const std::int64_t k_count = std::min(2 * kTile, depth - k);
    for (std::int64_t row = 0; row < rows; row += kWideTile) {
      const std::int64_t row_count = std::min(kWideTile, rows - row);
      for (std::int64_t i = 0; i < k_count; i += 2) {
        const float* even = matrix.numbers + (k + i) * matrix.stride + row;
        const float* odd = i + 1 < k_count ? even + matrix.stride : nullptr;
        HWY_DYNAMIC_DISPATCH(pack_row_pair)(even, odd, row_count, tile[i / 2]);
      }
      transpose(tile, (k_count + 1) / 2, row_count, target + row * padded + k, padded);
    }
  }
}

/// pack_columns of a matrix that lies along its columns.
void pack_transposed_columns(const FloatMatrix& matrix, std::int64_t depth, std::int64_t columns,
                             std::int64_t panel, BFloat16* target) {
  Tile tile;
  for (std::int64_t column = 0; column < columns; column += kTile) {
    const std::int64_t column_count = std::min(kTile, columns - column);
    for (std::int64_t k = 0; k < depth; k += 2 * kTile) {
      const std::int64_t k_count = std::min(2 * kTile, depth - k);
      for (std::int64_t i = 0; i < column_count; ++i) {
        const float* line = matrix.numbers + (column + i) * matrix.stride + k;
        HWY_DYNAMIC_DISPATCH(round_row)(line, k_count, tile[i]);
        if (k_count % 2 != 0) tile[i][k_count] = BFloat16();
      }
      transpose(tile, column_count, (k_count + 1) / 2, target + k * panel + 2 * column, 2 * panel);
    }
  }
}

}  // namespace

void round_rows(const FloatMatrix& matrix, std::int64_t rows, std::int64_t depth,
                std::int64_t padded, BFloat16* target) {
  for (std::int64_t row = 0; row < rows; ++row) {
    BFloat16* end = target + row * padded;
    if (!matrix.is_transposed)
      HWY_DYNAMIC_DISPATCH(round_row)(matrix.numbers + row * matrix.stride, depth, end);
    std::fill(end + depth, end + padded, BFloat16());
  }
  if (matrix.is_transposed) round_transposed_rows(matrix, rows, depth, padded, target);
}

void pack_columns(const FloatMatrix& matrix, std::int64_t depth, std::int64_t columns,
                  std::int64_t panel, BFloat16* target) {
  if (matrix.is_transposed) {
    return pack_transposed_columns(matrix, depth, columns, panel, target);
  }
  for (std::int64_t k = 0; k < depth; k += 2, target += 2 * panel) {
    const float* even = matrix.numbers + k * matrix.stride;
    HWY_DYNAMIC_DISPATCH(pack_row_pair)
    (even, k + 1 < depth ? even + matrix.stride : nullptr, columns, target);
  }
}

void pack_panels(const FloatMatrix& matrix, std::int64_t depth, std::int64_t padded,
                 std::int64_t columns, std::int64_t panel, BFloat16* target) {
  for (std::int64_t first = 0; first < columns; first += panel, target += padded * panel) {
    const std::int64_t count = std::min(panel, columns - first);
    const bool is_full = count == panel && depth % 2 == 0;
    std::fill(target + (is_full ? depth * panel : 0), target + padded * panel, BFloat16());
    pack_columns(matrix.from(0, first), depth, count, panel, target);
  }
}

}  // namespace gatefold::native
#endif  // HWY_ONCE
