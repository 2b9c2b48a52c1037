#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "backend/kernel.h"
#include "backend/products/reduced_panel_product.h"
#include "backend/products/scratch_layout.h"
#include "backend/simd/team.h"

namespace gatefold::native {

/// What a backward step of a recurrent layer hands to the step before it: gradients by the state +=
/// gradients by the sums of some gates * the rows of R of these gates.
class StateGradientProduct {
 public:
  struct Extents {
    std::int64_t H = 0;
    std::int64_t depth = 0;  ///< gates * H
    std::int64_t rows = 0;   ///< At most.
    bool rows_vary = false;
    int threads = 1;
  };

  StateGradientProduct(const Extents& extents, ProductPrecision precision, ScratchLayout& scratch);

  std::string implementation() const { return product_ ? "native bfloat16" : "native"; }
  /// Columns of a target row: H rounded up to whole panels.
  static std::int64_t padded(std::int64_t H);

  /// What `prepare` packs R into.
  std::size_t packed_bytes() const { return packed_bytes_; }
  /// To be called at the start of a direction, with R's rows [depth, H] and memory for them that
  /// nobody else touches until its last step.
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
