#include "backend/plain/recurrent_products.h"

namespace gatefold::plain {

RecurrentProducts::RecurrentProducts(const Extents& extents, const std::vector<Range>& shares,
                                     ScratchLayout& scratch)
    : extents_(extents),
      with_W_({.depth = extents.I, .panel = extents.panel_width, .has_bias = true}, shares,
              extents.chunk_rows, scratch),
      with_R_({.depth = extents.H, .panel = extents.panel_width}, shares, extents.step_rows,
              scratch) {}

void RecurrentProducts::project(const Buffers& buffers, int share, const float* const* X,
                                std::int64_t rows, const BFloat16* W, const float* bias) {
  if (with_W_.columns(share) == 0) return;
  const std::int64_t depth = padded_depth(extents_.I);
  BFloat16* rounded = with_W_.rows(buffers, share);
  for (std::int64_t row = 0; row < rows; ++row) {
    round_rows({X[row], extents_.I}, 1, extents_.I, depth, rounded + row * depth);
  }
  with_W_.run(buffers, share, rows, W, bias);
}

void RecurrentProducts::multiply(const Buffers& buffers, int share, const float* states,
                                 std::int64_t first_row, const BFloat16* R, RecurrentStep& step) {
  const std::int64_t columns = with_R_.columns(share);
  if (columns == 0) return;
  round_rows({states, step.state_stride}, step.rows, extents_.H, padded_depth(extents_.H),
             with_R_.rows(buffers, share));
  with_R_.run(buffers, share, step.rows, R, nullptr);
  // The step counts panels from the group's first one.
  const std::int64_t before = with_R_.share(share).begin * extents_.panel_width;
  step.panel_stride = extents_.panel_width;
  step.row_stride = columns;
  step.from_input = with_W_.result(buffers, share) + first_row * columns - before;
  step.from_state = with_R_.result(buffers, share) - before;
}

}  // namespace gatefold::plain
