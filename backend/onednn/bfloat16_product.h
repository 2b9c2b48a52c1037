#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "ir/half.h"

namespace gatefold::onednn {

/// True when this machine multiplies bfloat16 numbers by instructions of its own.
bool has_bfloat16_products();

/// The product of bfloat16 matrices A [rows, depth] and B [depth, columns] as a float32 matrix C
/// [rows, columns]. A and C are dense; B lies in panels (plain/bfloat16.h). Belongs to one thread
/// at a time.
class Bfloat16Product {
 public:
  struct Extents {
    std::int64_t rows = 0;
    std::int64_t depth = 0;  ///< As plain::padded_depth.
    std::int64_t columns = 0;
    std::int64_t panel = 64;   ///< Columns in a panel: 48 or 64.
    bool accumulates = false;  ///< C += A * B
    bool has_bias = false;     ///< C = A * B + bias
    int threads = 1;           ///< OpenMP threads; with 1 it may run inside of a parallel region.
  };

  explicit Bfloat16Product(const Extents& extents);
  ~Bfloat16Product();
  Bfloat16Product(Bfloat16Product&&) noexcept;
  Bfloat16Product& operator=(Bfloat16Product&&) noexcept;

  std::int64_t rows() const;
  /// What `scratch` must have, aligned to 64.
  std::size_t scratch_bytes() const;
  /// `bias` is [columns], or nullptr.
  void run(const BFloat16* a, const BFloat16* b, const float* bias, float* c, void* scratch);

 private:
  struct Primitive;
  std::unique_ptr<Primitive> primitive_;
};

}  // namespace gatefold::onednn
