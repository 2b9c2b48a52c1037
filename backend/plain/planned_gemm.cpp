#include "backend/plain/planned_gemm.h"

#include <fmt/format.h>

#include "backend/plain/bfloat16.h"
#include "backend/plain/scratch_layout.h"

namespace gatefold::plain {
namespace {

constexpr std::int64_t kPanel = 64;
// Multiplications from which bfloat16 saves more time than rounding takes.
constexpr std::int64_t kLeastProducts = 128 * 1024;
// Rows of A from which a B that is packed in each run pays off.
constexpr std::int64_t kLeastRows = 8;

bool is_worth_bfloat16(const KernelRequest& request, const Gemm& gemm, const Tensor* constant_b) {
  return request.products == ProductPrecision::kBfloat16 && gemm.alpha == 1 &&
         (gemm.beta == 0 || gemm.beta == 1) && (gemm.c_stride == 0 || gemm.c_stride == gemm.n) &&
         gemm.m * gemm.n * gemm.k >= kLeastProducts &&
         (constant_b != nullptr || gemm.m >= kLeastRows);
}

FloatMatrix left(const Gemm& gemm, const float* a) {
  const std::int64_t dense = gemm.transpose_a ? gemm.m : gemm.k;
  return {a, gemm.a_stride == 0 ? dense : gemm.a_stride, gemm.transpose_a};
}

FloatMatrix right(const Gemm& gemm, const float* b) {
  const std::int64_t dense = gemm.transpose_b ? gemm.k : gemm.n;
  return {b, gemm.b_stride == 0 ? dense : gemm.b_stride, gemm.transpose_b};
}

}  // namespace

PlannedGemm::PlannedGemm(const KernelRequest& request, const Gemm& gemm, const Tensor* constant_b)
    : gemm_(gemm) {
  if (!is_worth_bfloat16(request, gemm, constant_b)) return;
  const std::int64_t depth = padded_depth(gemm.k);
  product_.emplace(onednn::Bfloat16Product::Extents{.rows = gemm.m,
                                                    .depth = depth,
                                                    .columns = gemm.n,
                                                    .panel = kPanel,
                                                    .accumulates = gemm.beta == 1,
                                                    .threads = request.threads});
  ScratchLayout scratch;
  const std::int64_t size = panels_size(gemm.k, gemm.n, kPanel);
  scratch.add<BFloat16>(constant_b == nullptr ? size : 0);
  product_place_ = scratch.add<std::byte>(static_cast<std::int64_t>(product_->scratch_bytes()));
  a_place_ = scratch.add<BFloat16>(gemm.m * depth);
  scratch_bytes_ = scratch.bytes();
  if (constant_b == nullptr) return;
  const std::string layout =
      fmt::format("bfloat16 panels {} {} {}", gemm.k, gemm.n, gemm.transpose_b);
  packed_b_ = request.packed.get(*constant_b, layout, [&] {
    Tensor panels(DataType::kBfloat16, {size});
    panels_of_b(gemm.k, constant_b->data<float>(), panels.data<BFloat16>());
    return panels;
  });
}

std::string PlannedGemm::implementation() const {
  return product_ ? "onednn bfloat16" : implementation_of(gemm_);
}

const BFloat16* PlannedGemm::panels_of_b(std::int64_t k, const float* b, BFloat16* memory) const {
  if (packed_b_.is_defined()) return packed_b_.data<BFloat16>();
  pack_panels(right(gemm_, b), k, padded_depth(gemm_.k), gemm_.n, kPanel, memory);
  return memory;
}

void PlannedGemm::run_part(std::int64_t m, std::int64_t k, const float* a, const float* b, float* c,
                           void* scratch) {
  if (!product_) {
    Gemm part = gemm_;
    part.m = m;
    part.k = k;
    return run_gemm(part, a, b, c);
  }
  auto* rows = reinterpret_cast<BFloat16*>(static_cast<std::byte*>(scratch) + a_place_);
  round_a(m, k, a, rows);
  run_rounded(rows, k, b, c, scratch);
}

void PlannedGemm::round_a(std::int64_t m, std::int64_t k, const float* a, BFloat16* rows) const {
  round_rows(left(gemm_, a), m, k, padded_depth(gemm_.k), rows);
}

void PlannedGemm::run_rounded(const BFloat16* rows, std::int64_t k, const float* b, float* c,
                              void* scratch) {
  const BFloat16* panels = panels_of_b(k, b, static_cast<BFloat16*>(scratch));
  product_->run(rows, panels, nullptr, c, static_cast<std::byte*>(scratch) + product_place_);
}

}  // namespace gatefold::plain
