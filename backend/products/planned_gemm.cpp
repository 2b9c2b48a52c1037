#include "backend/products/planned_gemm.h"

#include <fmt/format.h>

#include <algorithm>

#include "backend/products/reduced_panel_product.h"
#include "backend/products/scratch_layout.h"
#include "backend/simd/bfloat16.h"
#include "backend/simd/int8.h"
#include "backend/simd/team.h"

namespace gatefold::native {
namespace {

constexpr std::int64_t kPanel = 64;
// Multiplications from which bfloat16 or int8 saves more time than rounding takes.
constexpr std::int64_t kLeastProducts = 128 * 1024;
// Rows of A from which a B that is packed in each run pays off.
constexpr std::int64_t kLeastRows = 8;

// Where B is so large that it comes from memory: rows of A for which reading it panel by panel is
// at least as fast as oneDNN's product, which generates code for tens of milliseconds when it is
// first called, and the depth to which a panel stays in a core's cache.
constexpr std::int64_t kLeastPanelRows = 3;
constexpr std::int64_t kMostPanelRows = 32;
constexpr std::int64_t kMostPanelDepth = 2048;

bool is_by_panels(const Gemm& gemm) {
  return !gemm.transpose_b && !is_small(gemm) && gemm.m >= kLeastPanelRows &&
         gemm.m <= kMostPanelRows && gemm.k <= kMostPanelDepth;
}

ProductPrecision precision_of(const KernelRequest& request, const Gemm& gemm, bool is_constant) {
  const bool is_possible = gemm.alpha == 1 && (gemm.beta == 0 || gemm.beta == 1) &&
                           with_strides(gemm).c_stride == gemm.n &&
                           gemm.m * gemm.n * gemm.k >= kLeastProducts &&
                           (is_constant || gemm.m >= kLeastRows);
  const bool is_int8 = request.products == ProductPrecision::kInt8;
  if (!is_possible || (is_int8 && (!is_constant || gemm.transpose_a))) {
    return ProductPrecision::kFloat32;
  }
  return request.products;
}

FloatMatrix left(const Gemm& gemm, const float* a) {
  return {a, with_strides(gemm).a_stride, gemm.transpose_a};
}

FloatMatrix right(const Gemm& gemm, const float* b) {
  return {b, with_strides(gemm).b_stride, gemm.transpose_b};
}

}  // namespace

PlannedGemm::PlannedGemm(const KernelRequest& request, const Gemm& gemm, const Tensor* constant_b)
    : gemm_(gemm),
      precision_(precision_of(request, gemm, constant_b != nullptr)),
      depth_(operand_depth(precision_, gemm.k)) {
  if (precision_ == ProductPrecision::kFloat32) {
    if (constant_b != nullptr && is_by_panels(gemm)) keep_float_panels(request, *constant_b);
    return;
  }
  const bool is_int8 = precision_ == ProductPrecision::kInt8;
  product_.emplace(onednn::ReducedProduct::Extents{.precision = precision_,
                                                   .rows = gemm.m,
                                                   .depth = depth_,
                                                   .columns = gemm.n,
                                                   .panel = kPanel,
                                                   .accumulates = gemm.beta == 1 && !is_int8,
                                                   .threads = request.threads});
  ScratchLayout scratch;
  scratch.add<BFloat16>(constant_b == nullptr ? panels_size(gemm.k, gemm.n, kPanel) : 0);
  product_place_ = scratch.add<std::byte>(static_cast<std::int64_t>(product_->scratch_bytes()));
  a_place_ = scratch.add<BFloat16>(gemm.m * depth_);
  sums_place_ = scratch.add<float>(is_int8 ? gemm.m * (gemm.n + 1) : 0);
  scratch_bytes_ = scratch.bytes();
  if (constant_b != nullptr) pack_constant_b(request, *constant_b);
}

std::string PlannedGemm::implementation() const {
  if (product_) return "onednn" + suffix_of(precision_);
  return packed_b_.is_defined() ? "native" : implementation_of(gemm_);
}

void PlannedGemm::keep_float_panels(const KernelRequest& request, const Tensor& b) {
  threads_ = request.threads;
  packed_b_ = request.packed.get(b, fmt::format("float panels {} {}", gemm_.k, gemm_.n), [&] {
    const std::int64_t panels = (gemm_.n + kPanel - 1) / kPanel;
    Tensor packed(DataType::kFloat32, {panels, gemm_.k, kPanel});
    auto* target = packed.data<float>();
    for (std::int64_t n = 0; n < gemm_.n; n += kPanel) {
      const std::int64_t width = std::min(kPanel, gemm_.n - n);
      const float* row = b.data<float>() + n;
      for (std::int64_t k = 0; k < gemm_.k; ++k, row += gemm_.n, target += kPanel) {
        std::fill(std::copy_n(row, width, target), target + kPanel, 0.0F);
      }
    }
    return packed;
  });
}

void PlannedGemm::run_float_panels(Gemm part, const float* a, float* c) const {
  part = with_strides(part);
  part.b_stride = kPanel;
  for_each_part((gemm_.n + kPanel - 1) / kPanel, threads_, [&](std::int64_t number) {
    const std::int64_t n = number * kPanel;
    Gemm panel = part;
    panel.n = std::min(kPanel, gemm_.n - n);
    run_small_gemm(panel, a, packed_b_.data<float>() + n * gemm_.k, c + n);
  });
}

void PlannedGemm::pack_constant_b(const KernelRequest& request, const Tensor& b) {
  const std::string layout =
      fmt::format("panels {} {} {}{}", gemm_.k, gemm_.n, gemm_.transpose_b, suffix_of(precision_));
  packed_b_ = request.packed.get(b, layout, [&] {
    if (precision_ == ProductPrecision::kInt8) return int8_panels(b.data<float>());
    Tensor panels(DataType::kBfloat16, {panels_size(gemm_.k, gemm_.n, kPanel)});
    panels_of_b(gemm_.k, b.data<float>(), panels.data<BFloat16>());
    return panels;
  });
}

Tensor PlannedGemm::int8_panels(const float* b) const {
  const std::int64_t columns = (gemm_.n + kPanel - 1) / kPanel * kPanel;
  Tensor packed(DataType::kFloat32, {columns * (depth_ / 4 + 2)});
  auto* panels = reinterpret_cast<std::int8_t*>(packed.raw());
  float* scales = packed.data<float>() + columns * depth_ / 4;
  const FloatMatrix matrix = right(gemm_, b);
  for (std::int64_t n = 0; n < gemm_.n; ++n) {
    std::int8_t* target = panels + n / kPanel * kPanel * depth_ + n % kPanel * 4;
    const Int8Column column =
        quantize_column(matrix.from(0, n).numbers, matrix.is_transposed ? 1 : matrix.stride,
                        gemm_.k, kPanel, target);
    scales[n] = column.scale;
    scales[columns + n] = column.correction;
  }
  return packed;
}

const void* PlannedGemm::panels_of_b(std::int64_t k, const float* b, BFloat16* memory) const {
  if (packed_b_.is_defined()) return packed_b_.raw();
  pack_panels(right(gemm_, b), k, depth_, gemm_.n, kPanel, memory);
  return memory;
}

void PlannedGemm::run_int8(std::int64_t m, const float* a, float* c, std::byte* scratch) {
  const std::int64_t n = gemm_.n;
  const std::int64_t columns = (n + kPanel - 1) / kPanel * kPanel;
  const FloatMatrix matrix = left(gemm_, a);
  auto* rows = reinterpret_cast<std::uint8_t*>(scratch + a_place_);
  auto* sums = reinterpret_cast<float*>(scratch + sums_place_);
  float* row_scales = sums + gemm_.m * n;
  for (std::int64_t row = 0; row < m; ++row) {
    row_scales[row] =
        quantize_row(matrix.from(row, 0).numbers, gemm_.k, depth_, rows + row * depth_);
  }
  product_->run(rows, packed_b_.raw(), nullptr, sums, scratch + product_place_);
  const float* scales = packed_b_.data<float>() + columns * depth_ / 4;
  for (std::int64_t row = 0; row < m; ++row, sums += n, c += n) {
    scale_products(sums, n, row_scales[row], scales, scales + columns,
                   gemm_.beta == 1 ? c : nullptr, c);
  }
}

void PlannedGemm::run_part(std::int64_t m, std::int64_t k, const float* a, const float* b, float* c,
                           void* scratch) {
  if (!product_) {
    Gemm part = gemm_;
    part.m = m;
    part.k = k;
    if (packed_b_.is_defined()) return run_float_panels(part, a, c);
    return run_gemm(part, a, b, c);
  }
  auto* memory = static_cast<std::byte*>(scratch);
  if (precision_ == ProductPrecision::kInt8) return run_int8(m, a, c, memory);
  auto* rows = reinterpret_cast<BFloat16*>(memory + a_place_);
  round_a(m, k, a, rows);
  run_rounded(rows, k, b, c, scratch);
}

void PlannedGemm::round_a(std::int64_t m, std::int64_t k, const float* a, BFloat16* rows) const {
  round_rows(left(gemm_, a), m, k, depth_, rows);
}

void PlannedGemm::run_rounded(const BFloat16* rows, std::int64_t k, const float* b, float* c,
                              void* scratch) {
  const void* panels = panels_of_b(k, b, static_cast<BFloat16*>(scratch));
  product_->run(rows, panels, nullptr, c, static_cast<std::byte*>(scratch) + product_place_);
}

}  // namespace gatefold::native
