#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "backend/kernel.h"
#include "backend/products/reduced_panel_product.h"
#include "backend/products/scratch_layout.h"
#include "backend/simd/team.h"

namespace gatefold::native {

/// Computes what a backward step of a recurrent layer hands to the step before it: gradients by the
/// state += gradients by the sums of some gates * the matrices of these gates in R. A row of
/// gradients is one sequence of the batch.
class StateGradientProduct {
 public:
  struct Extents {
    std::int64_t H = 0;
    std::int64_t depth = 0;  ///< gates * H
    std::int64_t rows = 0;   ///< Most rows of a product.
    bool rows_vary = false;
    int threads = 1;
  };

  StateGradientProduct(const Extents& extents, ProductPrecision precision, ScratchLayout& scratch);

  std::string implementation() const { return product_ ? "native bfloat16" : "native"; }
  /// Returns the columns of the target: H rounded up to whole panels.
  static std::int64_t padded(std::int64_t H);

  /// Returns the bytes into which `prepare` packs R.
  std::size_t packed_bytes() const { return packed_bytes_; }
  /// Packs R; call it at the start of a direction, with the gates' matrices [depth, H] and memory
  /// that nobody else touches until the direction's last step.
  void prepare(const float* R, void* memory);
  /// Computes this thread's part for [rows, depth] gradients, `stride` apart, into [rows, padded].
  void add(const Buffers& buffers, const Team& team, std::int64_t rows, const float* gradients,
           std::int64_t stride, float* target);

 private:
  void add_share(const Buffers& buffers, int share, std::int64_t rows, const float* gradients,
                 std::int64_t stride, float* target);

  Extents extents_;
  std::optional<ReducedPanelProduct> product_;  ///< Nothing for float32.
  std::size_t packed_bytes_ = 0;
  void* packed_ = nullptr;  ///< R as panels.
};

}  // namespace gatefold::native
