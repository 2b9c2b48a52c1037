#pragma once

#include <cstdint>
#include <vector>

#include "backend/products/reduced_panel_product.h"
#include "backend/simd/cell_loops.h"
#include "ir/ops/recurrent.h"

namespace gatefold::native {

/// The products with W and R of one group of gates in one direction, in bfloat16 or int8. The
/// group's panels are dealt out in shares; the sums of each are [rows, panels, gates, units].
class RecurrentProducts {
 public:
  struct Extents {
    ProductPrecision precision = ProductPrecision::kBfloat16;
    std::int64_t I = 0, H = 0;
    std::int64_t panel_width = 0;  ///< gates * units
    /// How many rows a projection and a step have; see ReducedPanelProduct.
    std::vector<std::int64_t> chunk_rows, step_rows;
  };

  RecurrentProducts(const Extents& extents, const std::vector<Range>& shares,
                    ScratchLayout& scratch);

  /// What a layer's products are computed in: float32 where another precision is not possible or
  /// not worth its rounding.
  static ProductPrecision precision_of(const KernelRequest& request, const RecurrentAttrs& attrs,
                                       const RecurrentExtents& extents);

  /// Computes what the sums of some rows of X start from: bias + X * W.
  void project(const Buffers& buffers, int share, const float* const* X, std::int64_t rows,
               const ReducedPanels& W, const float* bias);
  /// Computes states * R for a step, whose rows begin at `first_row` of those projected, and tells
  /// the step where its sums are.
  void multiply(const Buffers& buffers, int share, const float* states, std::int64_t first_row,
                const ReducedPanels& R, RecurrentStep& step);

 private:
  Extents extents_;
  ReducedPanelProduct with_W_, with_R_;
};

}  // namespace gatefold::native
