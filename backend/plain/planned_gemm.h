#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "backend/kernel.h"
#include "backend/onednn/bfloat16_product.h"
#include "backend/plain/gemm.h"

namespace gatefold::plain {

/// A Gemm of known extents in the precision that is asked for.
class PlannedGemm {
 public:
  /// `constant_b` are B's numbers where they never change, else nullptr. In bfloat16 the extents
  /// must not be 0, C must be dense, and small products and those with alpha stay in float32.
  PlannedGemm(const KernelRequest& request, const Gemm& gemm, const Tensor* constant_b = nullptr);

  /// What `scratch` must have, aligned to 64.
  std::size_t scratch_bytes() const { return scratch_bytes_; }
  /// The same for run_rounded.
  std::size_t rounded_scratch_bytes() const { return a_place_; }
  std::string implementation() const;
  std::int64_t rows() const { return gemm_.m; }

  void run(const float* a, const float* b, float* c, void* scratch) {
    run_part(gemm_.m, gemm_.k, a, b, c, scratch);
  }
  /// The same with m or k smaller than planned; what is in C past its rows is overwritten.
  void run_part(std::int64_t m, std::int64_t k, const float* a, const float* b, float* c,
                void* scratch);

  /// In bfloat16, products with the same A may round it once: [m, padded_depth(k)].
  bool is_bfloat16() const { return product_.has_value(); }
  void round_a(std::int64_t m, std::int64_t k, const float* a, BFloat16* rows) const;
  void run_rounded(const BFloat16* rows, std::int64_t k, const float* b, float* c, void* scratch);

 private:
  const BFloat16* panels_of_b(std::int64_t k, const float* b, BFloat16* memory) const;

  Gemm gemm_;
  std::optional<onednn::Bfloat16Product> product_;  ///< Nothing for float32.
  Tensor packed_b_;                                 ///< Panels, of a constant B.
  std::size_t product_place_ = 0, a_place_ = 0;     ///< In scratch, behind B's panels.
  std::size_t scratch_bytes_ = 0;
};

}  // namespace gatefold::plain
