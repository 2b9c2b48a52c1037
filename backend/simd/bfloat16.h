#pragma once

#include <cstdint>

#include "ir/half.h"

/// Matrices of float32 made operands of onednn::ReducedProduct: rounded to the nearest bfloat16,
/// ties to even, and filled up with zeros.
namespace gatefold::native {

/// A matrix that lies along its rows or, transposed, along its columns.
struct FloatMatrix {
  const float* numbers = nullptr;
  std::int64_t stride = 0;  ///< From one row (column) to the next.
  bool is_transposed = false;

  /// The matrix without its first rows and columns.
  FloatMatrix from(std::int64_t row, std::int64_t column) const {
    return {numbers + (is_transposed ? column * stride + row : row * stride + column), stride,
            is_transposed};
  }
};

/// The depth of a product as its operands have it: a multiple of 32.
constexpr std::int64_t padded_depth(std::int64_t depth) { return (depth + 31) / 32 * 32; }
/// Elements of a right operand's panels.
constexpr std::int64_t panels_size(std::int64_t depth, std::int64_t columns, std::int64_t panel) {
  return (columns + panel - 1) / panel * panel * padded_depth(depth);
}

/// A left operand, [rows, padded], whose numbers from `depth` on are zeros.
void round_rows(const FloatMatrix& matrix, std::int64_t rows, std::int64_t depth,
                std::int64_t padded, BFloat16* target);

/// The right operand [depth, columns] as panels [padded / 2, panel, 2]: two neighbours of a column
/// lie together. What is past the matrix is zeros.
void pack_panels(const FloatMatrix& matrix, std::int64_t depth, std::int64_t padded,
                 std::int64_t columns, std::int64_t panel, BFloat16* target);

/// Some columns of one such panel, `target` at the first of them; the others, and pairs from
/// `depth` on, are left as they are.
void pack_columns(const FloatMatrix& matrix, std::int64_t depth, std::int64_t columns,
                  std::int64_t panel, BFloat16* target);

}  // namespace gatefold::native
