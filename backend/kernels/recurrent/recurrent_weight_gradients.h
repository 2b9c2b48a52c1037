#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "backend/kernels/recurrent/recurrent_rows.h"
#include "backend/products/planned_gemm.h"
#include "backend/simd/team.h"

namespace gatefold::native {

/// Gates whose matrices in R multiply the same operand, and the block of a packed row of gradients
/// (see PackedSteps) at which the gradients by their products with the state begin.
struct StatePart {
  Range gates;
  std::int64_t block = 0;
};

/// Returns the parts of R: one with all gates, but for GRU two, with gate h apart, because r stands
/// between it and the state.
std::vector<StatePart> state_parts(const RecurrentAttrs& attrs);

/// A state of each row, a sequence of the batch: [N, stride].
struct StateRows {
  const float* numbers = nullptr;
  std::int64_t stride = 0;

  const float* of(std::int64_t row) const { return numbers + row * stride; }
};

/// Computes the gradients of X, W, R, B and P of a recurrent layer from those by the gates' sums,
/// as products and sums over many steps of a direction at once: all steps, or chunks that add up.
/// The gradients lie in packed rows (see PackedSteps), in blocks of H numbers like those of
/// workspace: the gates, then with linear_before_reset the gradient by the product of gate h with
/// the state, else what workspace has behind the gates.
class RecurrentWeightGradients {
 public:
  /// A chunk has at most `chunk_steps` steps.
  RecurrentWeightGradients(const KernelRequest& request, const RecurrentAttrs& attrs,
                           const RecurrentExtents& extents, std::int64_t chunk_steps,
                           const RecurrentRows& rows, const PackedSteps& steps,
                           ScratchLayout& scratch);

  /// Clears the sums; call it at the start of a run.
  void clear(const Buffers& buffers) const;
  /// Packs inputs; call it at the start of a chunk, after PackedSteps::prepare.
  void prepare(const Buffers& buffers) const;
  /// Returns the state [H] of a row (sequence) before step s of direction d; only if dR is wanted,
  /// or for GRU.
  const float* last_h(const Buffers& buffers, std::int64_t d, std::int64_t s,
                      std::int64_t row) const;
  /// Adds the contribution of a chunk of direction d to the outputs. `first_c` holds the cell
  /// states at the beginning of the chunk.
  void add(const Buffers& buffers, std::int64_t d, const float* gradients,
           const StateRows& first_c);

 private:
  /// The other factor of a product with gradients: numbers of packed rows from `first` on.
  struct Operand {
    const float* numbers = nullptr;
    std::int64_t first = 0;
    std::int64_t count = 0;
  };

  bool is_wanted(std::size_t output) const { return node_.output(output) != nullptr; }
  bool writes_x() const { return reads_x_ && extents_.D == 1; }
  const float* forward_states(const Buffers& buffers) const;
  void plan_products(const KernelRequest& request, ScratchLayout& scratch);
  Operand states(const Buffers& buffers, std::int64_t d) const;
  void write_input(const Buffers& buffers, std::int64_t d, const float* gradients);
  void write_weights(const Buffers& buffers, std::int64_t d, const float* gradients);
  void round(const Buffers& buffers, const float* gradients) const;
  void write_product(const Buffers& buffers, PlannedGemm& product, std::int64_t block,
                     const float* gradients, const Operand& operand, float* target) const;
  void write_bias(const Buffers& buffers, std::int64_t d, const float* gradients) const;
  void write_peepholes(const Buffers& buffers, std::int64_t d, const float* gradients,
                       const StateRows& first_c) const;

  const Node& node_;
  RecurrentAttrs attrs_;
  RecurrentExtents extents_;
  const RecurrentRows& rows_;
  const PackedSteps& steps_;
  std::vector<StatePart> parts_;
  std::int64_t rows_at_once_;
  bool has_chunks_;                  ///< Several: products add up.
  bool reads_x_ = false;             ///< X is packed as it lies.
  bool reads_y_ = false;             ///< So is Y, and the first step begins with zeros.
  std::size_t x_ = 0, dx_ = 0;       ///< Packed [I].
  std::size_t last_h_ = 0;           ///< Packed [H]; with reads_y_ [H] zeros.
  std::size_t rounded_ = 0;          ///< [blocks*H, steps] in bfloat16.
  std::size_t product_scratch_ = 0;  ///< Of any of the products.
  std::optional<PlannedGemm> dx_product_, dw_product_;
  std::vector<PlannedGemm> dr_products_;  ///< One per part.
};

}  // namespace gatefold::native
