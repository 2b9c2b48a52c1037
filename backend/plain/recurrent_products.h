#pragma once

#include <cstdint>
#include <vector>

#include "backend/plain/bfloat16_panel_product.h"
#include "backend/plain/recurrent_cell.h"

namespace gatefold::plain {

/// The products with W and R of one group of gates in one direction, in bfloat16. The group's
/// panels are dealt out in shares; the sums of each are [rows, panels, gates, units].
class RecurrentProducts {
 public:
  struct Extents {
    std::int64_t I = 0, H = 0;
    std::int64_t panel_width = 0;  ///< gates * units
    /// How many rows a projection and a step have; see Bfloat16PanelProduct.
    std::vector<std::int64_t> chunk_rows, step_rows;
  };

  RecurrentProducts(const Extents& extents, const std::vector<Range>& shares,
                    ScratchLayout& scratch);

  /// True when the group's panels have one of the widths that Bfloat16PanelProduct takes.
  static bool is_possible(GateGroup group) {
    const std::int64_t width =
        static_cast<std::int64_t>(gates_of(group).size()) * panel_units(group);
    return width == 48 || width == 64;
  }

  /// Computes what the sums of some rows of X start from: bias + X * W.
  void project(const Buffers& buffers, int share, const float* const* X, std::int64_t rows,
               const BFloat16* W, const float* bias);
  /// Computes states * R for a step, whose rows begin at `first_row` of those projected, and tells
  /// the step where its sums are.
  void multiply(const Buffers& buffers, int share, const float* states, std::int64_t first_row,
                const BFloat16* R, RecurrentStep& step);

 private:
  Extents extents_;
  Bfloat16PanelProduct with_W_, with_R_;
};

}  // namespace gatefold::plain
