#include "backend/kernels/recurrent/state_gradient_product.h"

#include <algorithm>

#include "backend/simd/bfloat16.h"
#include "backend/simd/gradient_cell_loops.h"

namespace gatefold::native {
namespace {

constexpr std::int64_t kBfloat16Panel = 64;

std::int64_t panel_units() { return native::panel_units(GateGroup::kRnn); }

/// [depth, H] as panels [depth, units], filled up with zeros.
void copy_panels(const float* R, std::int64_t depth, std::int64_t H, float* panels) {
  for (std::int64_t unit = 0; unit < H; unit += panel_units()) {
    const std::int64_t count = std::min(panel_units(), H - unit);
    for (std::int64_t k = 0; k < depth; ++k) {
      float* end = std::copy_n(R + k * H + unit, count, panels);
      panels += panel_units();
      std::fill(end, panels, 0.0F);
    }
  }
}

}  // namespace

StateGradientProduct::StateGradientProduct(const Extents& extents, ProductPrecision precision,
                                           ScratchLayout& scratch)
    : extents_(extents) {
  const bool is_bfloat16 = precision == ProductPrecision::kBfloat16 &&
                           panel_units() == kBfloat16Panel &&
                           extents.rows * extents.depth * extents.H >= kLeastReducedProducts;
  if (!is_bfloat16) {
    packed_bytes_ = static_cast<std::size_t>(extents.depth * padded(extents.H)) * sizeof(float);
    return;
  }
  packed_bytes_ = static_cast<std::size_t>(panels_size(extents.depth, extents.H, kBfloat16Panel)) *
                  sizeof(BFloat16);
  std::vector<Range> shares;
  for (int share = 0; share < extents.threads; ++share) {
    shares.push_back(Team{share, extents.threads}.share(padded(extents.H) / kBfloat16Panel));
  }
  product_.emplace(ReducedPanelProduct::Extents{.depth = extents.depth, .panel = kBfloat16Panel},
                   shares, row_counts(extents.rows, extents.rows_vary), scratch);
}

std::int64_t StateGradientProduct::padded(std::int64_t H) {
  return (H + panel_units() - 1) / panel_units() * panel_units();
}

void StateGradientProduct::prepare(const float* R, void* memory) {
  const auto [H, depth] = std::tie(extents_.H, extents_.depth);
  packed_ = memory;
  if (!product_) return copy_panels(R, depth, H, static_cast<float*>(memory));
  pack_panels({R, H}, depth, padded_depth(depth), H, kBfloat16Panel,
              static_cast<BFloat16*>(memory));
}

void StateGradientProduct::add(const Buffers& buffers, const Team& team, std::int64_t rows,
                               const float* gradients, std::int64_t stride, float* target) {
  if (product_) {
    for (int share = team.thread; share < extents_.threads; share += team.threads) {
      add_share(buffers, share, rows, gradients, stride, target);
    }
    return;
  }
  const PanelProduct product{.rows = rows,
                             .depth = extents_.depth,
                             .X = gradients,
                             .X_stride = stride,
                             .M = static_cast<const float*>(packed_),
                             .target = target,
                             .target_stride = padded(extents_.H)};
  add_product(product, team.share(padded(extents_.H) / panel_units()));
}

/// One share in bfloat16.
void StateGradientProduct::add_share(const Buffers& buffers, int share, std::int64_t rows,
                                     const float* gradients, std::int64_t stride, float* target) {
  const std::int64_t columns = product_->columns(share);
  if (columns == 0) return;
  for (std::int64_t row = 0; row < rows; ++row) {
    product_->set_row(buffers, share, row, gradients + row * stride);
  }
  product_->run(buffers, share, rows, {static_cast<const std::byte*>(packed_)}, nullptr);
  const float* result = product_->result(buffers, share);
  target += product_->share(share).begin * kBfloat16Panel;
  for (std::int64_t row = 0; row < rows; ++row, target += padded(extents_.H)) {
    for (std::int64_t i = 0; i < columns; ++i) target[i] += *result++;
  }
}

}  // namespace gatefold::native
