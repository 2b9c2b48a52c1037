#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "backend/kernel.h"
#include "backend/onednn/reduced_product.h"
#include "backend/products/gemm.h"

namespace gatefold::native {

/// A Gemm of known extents in the precision that is asked for.
class PlannedGemm {
 public:
  /// `constant_b` are B's numbers where they never change, else nullptr; int8 wants them. Small
  /// products, those with alpha, and those into a C that is not dense stay in float32.
  PlannedGemm(const KernelRequest& request, const Gemm& gemm, const Tensor* constant_b = nullptr);

  /// What `scratch` must have, aligned to 64.
  std::size_t scratch_bytes() const { return scratch_bytes_; }
  /// The same for run_rounded.
  std::size_t rounded_scratch_bytes() const { return a_place_; }
  std::string implementation() const;
  std::int64_t rows() const { return gemm_.m; }
  /// Of C.
  std::int64_t size() const { return gemm_.m * gemm_.n; }

  void run(const float* a, const float* b, float* c, void* scratch) {
    run_part(gemm_.m, gemm_.k, a, b, c, scratch);
  }
  /// The same with m or k smaller than planned; what is in C past its rows is overwritten.
  void run_part(std::int64_t m, std::int64_t k, const float* a, const float* b, float* c,
                void* scratch);

  /// In bfloat16, products with the same A may round it once: [m, rounded_width].
  std::int64_t rounded_width() const { return depth_; }
  bool is_bfloat16() const { return precision_ == ProductPrecision::kBfloat16; }
  void round_a(std::int64_t m, std::int64_t k, const float* a, BFloat16* rows) const;
  void run_rounded(const BFloat16* rows, std::int64_t k, const float* b, float* c, void* scratch);

 private:
  void keep_float_panels(const KernelRequest& request, const Tensor& b);
  void run_float_panels(Gemm part, const float* a, float* c) const;
  void pack_constant_b(const KernelRequest& request, const Tensor& b);
  Tensor int8_panels(const float* b) const;
  const void* panels_of_b(std::int64_t k, const float* b, BFloat16* memory) const;
  void run_int8(std::int64_t m, const float* a, float* c, std::byte* scratch);

  Gemm gemm_;
  ProductPrecision precision_;
  std::int64_t depth_ = 0;                         ///< Of the operands in bfloat16 or int8.
  std::optional<onednn::ReducedProduct> product_;  ///< Nothing for float32.
  Tensor packed_b_;  ///< A constant B: panels; in int8 then scales, corrections.
  int threads_ = 1;  ///< Of products with panels in float32.
  /// In scratch, behind the panels of a B that is not constant.
  std::size_t product_place_ = 0, a_place_ = 0, sums_place_ = 0;
  std::size_t scratch_bytes_ = 0;
};

}  // namespace gatefold::native
