#pragma once

#include <cstdint>
#include <vector>

#include "backend/kernel.h"
#include "backend/onednn/reduced_product.h"
#include "backend/products/scratch_layout.h"
#include "backend/simd/team.h"
#include "ir/half.h"

namespace gatefold::native {

/// A right operand in panels, which lie one after the other.
struct ReducedPanels {
  const std::byte* numbers = nullptr;
  /// For int8, one per column of all panels; see Int8Column.
  const float* scales = nullptr;
  const float* corrections = nullptr;
};

/// Computes products of a few matrix rows with one matrix in bfloat16 or int8. The panels of the
/// matrix are divided among the threads of a team; each thread computes its own columns, as a dense
/// matrix.
class ReducedPanelProduct {
 public:
  struct Extents {
    ProductPrecision precision = ProductPrecision::kBfloat16;
    std::int64_t depth = 0;
    std::int64_t panel = 64;  ///< Columns in a panel: 48 or 64.
    bool has_bias = false;
  };

  /// `row_counts`, in falling order, are the numbers of rows for which there is a product; fewer
  /// rows are computed as the next larger number.
  ReducedPanelProduct(const Extents& extents, std::vector<Range> shares,
                      const std::vector<std::int64_t>& row_counts, ScratchLayout& scratch);

  /// Return a thread's panels, and the number of columns in them.
  Range share(int thread) const { return shares_[thread]; }
  std::int64_t columns(int thread) const { return shares_[thread].count() * extents_.panel; }
  /// Rounds a row for a thread's next product.
  void set_row(const Buffers& buffers, int thread, std::int64_t row, const float* numbers) const;
  /// Returns where a thread's result will be: [rows, columns].
  float* result(const Buffers& buffers, int thread) const {
    return at<float>(buffers, threads_[thread].result);
  }
  /// Multiplies the first rows by a thread's panels; `matrix` and `bias` are those of all panels.
  void run(const Buffers& buffers, int thread, std::int64_t row_count, const ReducedPanels& matrix,
           const float* bias);

 private:
  struct Thread {
    std::vector<onednn::ReducedProduct> products;  ///< By falling number of rows.
    std::size_t rows = 0, row_scales = 0, result = 0, scratch = 0;
  };

  bool is_int8() const { return extents_.precision == ProductPrecision::kInt8; }

  Extents extents_;
  std::int64_t depth_;  ///< Depth of the operands, filled up.
  std::vector<Range> shares_;
  std::vector<Thread> threads_;
};

/// Multiplications of a step from which bfloat16 or int8 saves more time than rounding takes.
inline constexpr std::int64_t kLeastReducedProducts = 32 * 1024;

/// The depth that operands in a precision have, filled up with zeros.
std::int64_t operand_depth(ProductPrecision precision, std::int64_t depth);

/// Row counts for 1 to `most` rows: with `varies` also some smaller ones, else `most` alone.
std::vector<std::int64_t> row_counts(std::int64_t most, bool varies);

}  // namespace gatefold::native
