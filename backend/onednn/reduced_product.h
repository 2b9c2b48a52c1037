#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "backend/product_precision.h"

namespace gatefold::onednn {

/// True when this machine multiplies such numbers by instructions of its own.
bool has_products_in(ProductPrecision precision);

/// The product of matrices A [rows, depth] and B [depth, columns] of bfloat16 (or int8: A unsigned,
/// B signed) as a float32 matrix C [rows, columns]. A and C are dense; B lies in panels
/// (simd/bfloat16.h, simd/int8.h). Belongs to one thread at a time.
class ReducedProduct {
 public:
  struct Extents {
    ProductPrecision precision = ProductPrecision::kBfloat16;
    std::int64_t rows = 0;
    std::int64_t depth = 0;  ///< A multiple of 32, in int8 of 64.
    std::int64_t columns = 0;
    std::int64_t panel = 64;   ///< Columns in a panel: 48 or 64.
    bool accumulates = false;  ///< C += A * B
    bool has_bias = false;     ///< C = A * B + bias
    int threads = 1;           ///< OpenMP threads; with 1 it may run inside of a parallel region.
  };

  explicit ReducedProduct(const Extents& extents);
  ~ReducedProduct();
  ReducedProduct(ReducedProduct&&) noexcept;
  ReducedProduct& operator=(ReducedProduct&&) noexcept;

  std::int64_t rows() const;
  /// What `scratch` must have, aligned to 64.
  std::size_t scratch_bytes() const;
  /// `bias` is [columns], or nullptr.
  void run(const void* a, const void* b, const float* bias, float* c, void* scratch);

 private:
  struct Primitive;
  std::unique_ptr<Primitive> primitive_;
};

}  // namespace gatefold::onednn
