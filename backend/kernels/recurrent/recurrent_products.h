#pragma once

#include <cstdint>
#include <vector>

#include "backend/products/reduced_panel_product.h"
#include "backend/simd/cell_loops.h"
#include "ir/ops/recurrent.h"

namespace gatefold::native {

/// Computes the products with W and R of one group of gates in one direction, in bfloat16 or int8.
/// A row is one sequence at one time step. The group's panels are divided into shares; the sums of
/// each share are [rows, panels, gates, units].
class RecurrentProducts {
 public:
  struct Extents {
    ProductPrecision precision = ProductPrecision::kBfloat16;
    std::int64_t I = 0, H = 0;
    std::int64_t panel_width = 0;  ///< gates * units
    /// The numbers of rows that a projection and a step have; see ReducedPanelProduct.
    std::vector<std::int64_t> chunk_rows, step_rows;
  };

  RecurrentProducts(const Extents& extents, const std::vector<Range>& shares,
                    ScratchLayout& scratch);

  /// Returns the precision of a layer's products: float32 where another is impossible or does not
  /// pay for its rounding.
  static ProductPrecision precision_of(const KernelRequest& request, const RecurrentAttrs& attrs,
                                       const RecurrentExtents& extents);

  /// Computes the initial sums of some rows of X: bias + X * W.
  void project(const Buffers& buffers, int share, const float* const* X, std::int64_t rows,
               const ReducedPanels& W, const float* bias);
  /// Computes states * R for a step, whose rows begin at `first_row` of those projected, and sets
  /// the step's pointers to its sums.
  void multiply(const Buffers& buffers, int share, const float* states, std::int64_t first_row,
                const ReducedPanels& R, RecurrentStep& step);

 private:
  Extents extents_;
  ReducedPanelProduct with_W_, with_R_;
};

}  // namespace gatefold::native
