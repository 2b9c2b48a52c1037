#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "backend/simd/team.h"
#include "ir/ops/recurrent_activation.h"

/// The vector loops that compute the cells of LSTM, GRU and RNN in the forward step
/// (recurrent.cpp). A row is one sequence of the batch.
///
/// Weights lie in panels: all gates of a few neighbouring hidden units, so that the sums of a panel
/// fit into registers and the cell is computed from there. A panel of a matrix with K columns is
/// [K, gates, units]; units past H are filled with zeros.
namespace gatefold::native {

/// Gates that are computed together in one pass over the state.
enum class GateGroup : std::int8_t {
  kLstm,            ///< i o f c: a whole LSTM step
  kGruLinearFirst,  ///< z r h: a whole GRU step with linear_before_reset
  kGruGates,        ///< z r: the first half of a GRU step; gives z and r * h
  kGruHidden,       ///< h: the second half, from r * h
  kRnn,             ///< i: a whole RNN step
};

/// Returns the letters of the gates in a group, in their order in a panel.
std::string_view gates_of(GateGroup group);
/// Returns the number of hidden units in a panel of a group on this machine.
std::int64_t panel_units(GateGroup group);

/// The product sums[panel, row] = bias[panel] + X[row] * W^T for a list of rows, each the input of
/// one sequence in one time step.
struct InputProjection {
  std::int64_t I = 0;
  std::int64_t rows = 0;
  const float* const* X = nullptr;  ///< One pointer per row.
  const float* W = nullptr;         ///< Panels.
  const float* bias = nullptr;      ///< [panels, gates, units]
  float* sums = nullptr;            ///< [panels, row capacity, gates, units]
  std::int64_t row_capacity = 0;
};

/// One time step of a group for the rows (sequences) that are still running. States are
/// [rows, state_stride]; entries from H on have no meaning.
struct RecurrentStep {
  std::int64_t H = 0;
  std::int64_t rows = 0;
  /// What the sums start from: [gates, units] of panel p and row r at p * panel_stride + r *
  /// row_stride.
  const float* from_input = nullptr;
  std::int64_t panel_stride = 0;
  std::int64_t row_stride = 0;
  /// The products with R in the same way where they are computed already; R is not read then.
  const float* from_state = nullptr;
  const float* R = nullptr;       ///< Panels.
  const float* R_bias = nullptr;  ///< [panels, gates, units]; of kGruLinearFirst, gate h alone
  const float* P = nullptr;       ///< [3, state_stride] for i, o, f, or nullptr
  std::int64_t state_stride = 0;
  const float* last_h = nullptr;
  float* h = nullptr;
  float* c = nullptr;        ///< kLstm: C, replaced in place.
  float* z = nullptr;        ///< kGruGates writes, kGruHidden reads.
  float* reset_h = nullptr;  ///< r * h; kGruGates writes, kGruHidden reads.
  /// Where h goes as well, or nullptr: row r to Y + Y_starts[r] + Y_step.
  float* Y = nullptr;
  const std::int64_t* Y_starts = nullptr;
  std::int64_t Y_step = 0;
  /// The training form's workspace in the same way, or nullptr: blocks of H numbers.
  float* workspace = nullptr;
  const std::int64_t* workspace_starts = nullptr;
  std::int64_t workspace_step = 0;

  std::array<Activation, 3> activations;
  bool is_standard = true;  ///< As RecurrentAttrs::is_standard.
  float clip = 0;           ///< Infinity for none.
  bool input_forget = false;
  /// Compute the last panel first, as every other step does to begin with the panels that the step
  /// before left in the cache.
  bool from_behind = false;
};

/// Computes the sums of a range of panels.
void project_input(GateGroup group, const InputProjection& projection, Range panels);
/// Computes a range of panels of a step.
void run_step(GateGroup group, const RecurrentStep& step, Range panels);

}  // namespace gatefold::native
