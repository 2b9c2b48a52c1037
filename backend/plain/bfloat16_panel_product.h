#pragma once

#include <cstdint>
#include <vector>

#include "backend/kernel.h"
#include "backend/onednn/bfloat16_product.h"
#include "backend/plain/bfloat16.h"
#include "backend/plain/scratch_layout.h"
#include "backend/plain/team.h"

namespace gatefold::plain {

/// Products of a few rows with one matrix in panels, in bfloat16, with the panels dealt out to the
/// threads of a team. Each thread computes its own columns, as a dense matrix.
class Bfloat16PanelProduct {
 public:
  struct Extents {
    std::int64_t depth = 0;
    std::int64_t panel = 64;  ///< Columns in a panel: 48 or 64.
    bool has_bias = false;
  };

  /// `row_counts` are in falling order: the product of so many rows is computed whole, and of fewer
  /// as the next greater one.
  Bfloat16PanelProduct(const Extents& extents, std::vector<Range> shares,
                       const std::vector<std::int64_t>& row_counts, ScratchLayout& scratch);

  /// This thread's panels, and the columns in them.
  Range share(int thread) const { return shares_[thread]; }
  std::int64_t columns(int thread) const { return shares_[thread].count() * extents_.panel; }
  /// Where a thread puts its rows: [rows, padded_depth(depth)].
  BFloat16* rows(const Buffers& buffers, int thread) const {
    return at<BFloat16>(buffers, threads_[thread].rows);
  }
  /// Where its result will be: [rows, columns].
  float* result(const Buffers& buffers, int thread) const {
    return at<float>(buffers, threads_[thread].result);
  }
  /// Multiplies the first rows with its panels; `matrix` and `bias` are those of all panels.
  void run(const Buffers& buffers, int thread, std::int64_t row_count, const BFloat16* matrix,
           const float* bias);

 private:
  struct Thread {
    std::vector<onednn::Bfloat16Product> products;  ///< By falling number of rows.
    std::size_t rows = 0, result = 0, scratch = 0;
  };

  Extents extents_;
  std::vector<Range> shares_;
  std::vector<Thread> threads_;
};

/// Row counts for 1 to `most` rows: with `varies` also some smaller ones, else `most` alone.
std::vector<std::int64_t> row_counts(std::int64_t most, bool varies);

}  // namespace gatefold::plain
