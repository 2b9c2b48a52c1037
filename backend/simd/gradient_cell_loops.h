#pragma once

#include <cstdint>

#include "backend/simd/cell_loops.h"

/// The vector loops that compute the cells of LSTM, GRU and RNN in the backward step
/// (recurrent_gradient.cpp). A row is one sequence of the batch. The formulas are those of the
/// operators LSTMGrad, GRUGrad and RNNGrad (ir/ops).
namespace gatefold::native {

/// One sequence in one backward step; every pointer is to H numbers or to blocks of H numbers.
struct SequenceStep {
  const float* values = nullptr;  ///< The step's workspace with all gates after their activations.
  /// The derivatives of the activations for each block of `values`, or nullptr for the cell as it
  /// is taught, where they follow from the values. With slopes, LSTM has a sixth block in both:
  /// h(C').
  const float* slopes = nullptr;
  const float* last_h = nullptr;
  const float* last_c = nullptr;
  const float* dY = nullptr;  ///< nullptr for zeros.
  /// The gradients by the state after the step; replaced by those by the state before it, less what
  /// goes through R.
  float* dh = nullptr;
  float* dc = nullptr;
  float* d_reset = nullptr;  ///< GRU: gradient by r * h.
  /// Gradients by the gates' sums; may be the memory of `values`. With kGruLinearFirst a fourth
  /// block is the one by what gate h gets from the state.
  float* gradients = nullptr;
};

/// The parts of a backward step between the products with R.
enum class GradientPart : std::int8_t {
  kLstm,            ///< A whole LSTM step.
  kGruLinearFirst,  ///< A whole GRU step with linear_before_reset.
  kGruHidden,       ///< Gates z and h of a GRU step; d_reset is then their product with R.
  kGruReset,        ///< Gate r, from d_reset.
  kRnn,             ///< A whole RNN step.
};

struct GradientStep {
  std::int64_t H = 0;
  const SequenceStep* rows = nullptr;
  std::int64_t row_count = 0;
  const float* P = nullptr;   ///< [3*H] for i, o, f, or nullptr.
  bool input_forget = false;  ///< LSTM: f = 1 - i.
};

/// Computes a part of a backward step for all its rows.
void run_gradient_part(GradientPart part, const GradientStep& step);

/// The product target[row] += X[row] * M for a matrix M [depth, H] in panels of
/// panel_units(GateGroup::kRnn) columns.
struct PanelProduct {
  std::int64_t rows = 0;
  std::int64_t depth = 0;
  const float* X = nullptr;
  std::int64_t X_stride = 0;
  const float* M = nullptr;  ///< [panels, depth, units]
  float* target = nullptr;
  std::int64_t target_stride = 0;  ///< At least H rounded up to whole panels.
};

/// Computes a range of panels of a product.
void add_product(const PanelProduct& product, Range panels);

}  // namespace gatefold::native
