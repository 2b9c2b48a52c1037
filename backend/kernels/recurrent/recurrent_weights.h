#pragma once

#include <cstdint>
#include <vector>

#include "backend/kernel.h"
#include "backend/products/reduced_panel_product.h"
#include "backend/simd/cell_loops.h"
#include "ir/ops/recurrent.h"

namespace gatefold::native {

/// One input of a recurrent node in the layout of the cell loops, for all directions and groups of
/// gates. A constant is packed once for all plans; anything else in each run, into scratch memory.
class RecurrentWeights {
 public:
  /// The packed forms. `rows` below is the number of rows of one direction of the input.
  enum class Form : std::int8_t {
    kPanels,          ///< W or R [G*H, K] as panels [K, gates, units].
    kBfloat16Panels,  ///< The same as panels of simd/bfloat16.h.
    kInt8Panels,      ///< The same as panels of simd/int8.h, then scales, then corrections.
    kInputBias,       ///< What the input projection adds: Wb + Rb, without Rbh where that is apart.
    kStateBias,       ///< Rb, read for the h gate of kGruLinearFirst only.
    kPeepholes,       ///< P as [3, units], units rounded up for all groups.
  };

  /// Returns the form in which W and R are packed for products in a precision.
  static Form matrix_form(ProductPrecision precision);

  RecurrentWeights(const KernelRequest& request, const RecurrentAttrs& attrs,
                   const RecurrentExtents& extents, std::size_t input, Form form);

  /// Scratch memory that `prepare` needs.
  std::int64_t scratch_floats() const { return constant_.is_defined() ? 0 : size_; }
  /// Packs an input that is not constant; call it at the start of each run. `input` is the input's
  /// memory or nullptr.
  void prepare(const float* input, float* scratch);
  /// Returns the packed numbers of one group in one direction.
  const float* of(std::int64_t direction, std::size_t group) const {
    return packed_ + direction * (size_ / D_) + group_offsets_[group];
  }
  /// Returns them as a product in bfloat16 or int8 takes them.
  ReducedPanels panels_of(std::int64_t direction, std::size_t group) const;

 private:
  void pack(const float* input, float* packed) const;
  void pack_panels(GateGroup group, const float* matrix, float* packed) const;
  void pack_bfloat16(GateGroup group, const float* matrix, BFloat16* packed) const;
  void pack_int8(GateGroup group, const float* matrix, float* packed) const;
  std::int64_t columns_of(GateGroup group) const;
  void pack_bias(GateGroup group, const float* bias, float* packed) const;

  RecurrentAttrs attrs_;
  Form form_;
  std::int64_t D_, H_, K_;
  std::int64_t row_floats_;  ///< Floats in a panel for one matrix row of W or R.
  std::vector<GateGroup> groups_;
  std::vector<std::int64_t> group_offsets_;
  std::int64_t size_ = 0;
  Tensor constant_;
  const float* packed_ = nullptr;
};

/// Returns the groups of gates in a step of the node, in order.
std::vector<GateGroup> gate_groups(const RecurrentAttrs& attrs);
/// Returns H rounded up to whole panels of every group.
std::int64_t padded_hidden_size(const RecurrentAttrs& attrs, std::int64_t H);

}  // namespace gatefold::native
