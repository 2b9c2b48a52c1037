#include "backend/kernels/recurrent/recurrent_products.h"

#include <algorithm>

#include "backend/kernels/recurrent/recurrent_weights.h"

namespace gatefold::native {
namespace {

/// True when the group's panels have one of the widths that ReducedPanelProduct takes.
bool has_panels(GateGroup group) {
  const std::int64_t width = static_cast<std::int64_t>(gates_of(group).size()) * panel_units(group);
  return width == 48 || width == 64;
}

}  // namespace

RecurrentProducts::RecurrentProducts(const Extents& extents, const std::vector<Range>& shares,
                                     ScratchLayout& scratch)
    : extents_(extents),
      with_W_({.precision = extents.precision,
               .depth = extents.I,
               .panel = extents.panel_width,
               .has_bias = true},
              shares, extents.chunk_rows, scratch),
      with_R_({.precision = extents.precision, .depth = extents.H, .panel = extents.panel_width},
              shares, extents.step_rows, scratch) {}

ProductPrecision RecurrentProducts::precision_of(const KernelRequest& request,
                                                 const RecurrentAttrs& attrs,
                                                 const RecurrentExtents& extents) {
  const auto& [T, N, I, H, G] = std::tie(extents.T, extents.N, extents.I, extents.H, extents.G);
  const bool is_constant = request.constant(recurrent_input::kW) != nullptr &&
                           request.constant(recurrent_input::kR) != nullptr;
  const std::vector<GateGroup> groups = gate_groups(attrs);
  const bool is_reduced = T > 0 && I > 0 && N * H * G * H >= kLeastReducedProducts &&
                          std::all_of(groups.begin(), groups.end(), has_panels) &&
                          (is_constant || request.products != ProductPrecision::kInt8);
  return is_reduced ? request.products : ProductPrecision::kFloat32;
}

void RecurrentProducts::project(const Buffers& buffers, int share, const float* const* X,
                                std::int64_t rows, const ReducedPanels& W, const float* bias) {
  if (with_W_.columns(share) == 0) return;
  for (std::int64_t row = 0; row < rows; ++row) with_W_.set_row(buffers, share, row, X[row]);
  with_W_.run(buffers, share, rows, W, bias);
}

void RecurrentProducts::multiply(const Buffers& buffers, int share, const float* states,
                                 std::int64_t first_row, const ReducedPanels& R,
                                 RecurrentStep& step) {
  const std::int64_t columns = with_R_.columns(share);
  if (columns == 0) return;
  for (std::int64_t row = 0; row < step.rows; ++row) {
    with_R_.set_row(buffers, share, row, states + row * step.state_stride);
  }
  with_R_.run(buffers, share, step.rows, R, nullptr);
  // The step counts panels from the group's first one.
  const std::int64_t before = with_R_.share(share).begin * extents_.panel_width;
  step.panel_stride = extents_.panel_width;
  step.row_stride = columns;
  step.from_input = with_W_.result(buffers, share) + first_row * columns - before;
  step.from_state = with_R_.result(buffers, share) - before;
}

}  // namespace gatefold::native
