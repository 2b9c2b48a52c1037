#pragma once

#include <cstdint>

#include "backend/simd/bfloat16.h"

/// Matrices of float32 made operands of onednn::ReducedProduct in int8: each row of a left operand
/// and each column of a right one has a scale that makes its largest number 127.
namespace gatefold::native {

/// The depth of a product as its operands in int8 have it: a multiple of 64.
constexpr std::int64_t padded_int8_depth(std::int64_t depth) { return (depth + 63) / 64 * 64; }

/// A row of a left operand, [padded]: 128 stands for 0. Returns its scale, which is no number if
/// one of the row's is none or infinite.
float quantize_row(const float* row, std::int64_t depth, std::int64_t padded, std::uint8_t* target);

/// A column of a right operand, quantized.
struct Int8Column {
  float scale = 0;
  float correction = 0;  ///< What the 128 of left operands adds to a product: 128 * its sum.
};

/// Writes a column, `step` elements from one number to the next, into a panel [padded / 4, panel,
/// 4], `target` at the column's first number. The rest of the column must be zeros already.
Int8Column quantize_column(const float* column, std::int64_t step, std::int64_t depth,
                           std::int64_t panel, std::int8_t* target);

/// target = (products - corrections) * row_scale * scales + bias, for one row; `bias` may be
/// nullptr for zeros, and target the products' memory.
void scale_products(const float* products, std::int64_t columns, float row_scale,
                    const float* scales, const float* corrections, const float* bias,
                    float* target);

}  // namespace gatefold::native
