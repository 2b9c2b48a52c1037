#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "ir/infer.h"
#include "ir/ops/recurrent_activation.h"

/// What LSTM, GRU and RNN share. The letters of their extents, here and in every layer:
///   T time steps, N batch, I input size, H hidden size, D directions (1 or 2), G gates.
namespace gatefold {

/// The differences between the three operators.
struct RecurrentKind {
  std::string_view op;
  std::string_view training_op;  ///< The same with output workspace; of domain gatefold.
  std::string_view gradient_op;  ///< Its backward step; of domain gatefold.
  /// Order of the gates' blocks in W, R and each half of B; one letter per gate as in the formulas.
  std::string_view gates;
  /// Order of the blocks of P; empty for an operator without peepholes.
  std::string_view peepholes;
  bool has_cell_state;
  /// f, g, h of the formulas.
  std::array<std::string_view, 3> default_activations;
  std::size_t activation_count;
  /// Which of f, g, h each gate goes through, in the order of `gates`.
  std::array<std::size_t, 4> gate_activations;
  /// Blocks of H numbers that a step of output workspace has: the gates, and what else the backward
  /// step needs of the step (LSTM: C; GRU: r * h, or Rh h + Rbh with linear_before_reset).
  std::int64_t workspace_blocks;

  std::int64_t gate_count() const { return static_cast<std::int64_t>(gates.size()); }
  std::size_t input_count() const { return has_cell_state ? 8 : 6; }
  std::size_t output_count() const { return has_cell_state ? 3 : 2; }
  /// Output dH of the gradient operator, which is behind one gradient per input but sequence_lens.
  std::size_t state_gradient_output() const { return input_count() - 1; }
};

inline constexpr RecurrentKind kLstm{.op = "LSTM",
                                     .training_op = "LSTMTraining",
                                     .gradient_op = "LSTMGrad",
                                     .gates = "iofc",
                                     .peepholes = "iof",
                                     .has_cell_state = true,
                                     .default_activations = {"Sigmoid", "Tanh", "Tanh"},
                                     .activation_count = 3,
                                     .gate_activations = {0, 0, 0, 1},
                                     .workspace_blocks = 5};
inline constexpr RecurrentKind kGru{.op = "GRU",
                                    .training_op = "GRUTraining",
                                    .gradient_op = "GRUGrad",
                                    .gates = "zrh",
                                    .peepholes = "",
                                    .has_cell_state = false,
                                    .default_activations = {"Sigmoid", "Tanh"},
                                    .activation_count = 2,
                                    .gate_activations = {0, 0, 1},
                                    .workspace_blocks = 4};
inline constexpr RecurrentKind kRnn{.op = "RNN",
                                    .training_op = "RNNTraining",
                                    .gradient_op = "RNNGrad",
                                    .gates = "i",
                                    .peepholes = "",
                                    .has_cell_state = false,
                                    .default_activations = {"Tanh"},
                                    .activation_count = 1,
                                    .gate_activations = {0},
                                    .workspace_blocks = 1};

/// Numbers of the inputs; the last two belong to LSTM alone.
namespace recurrent_input {
enum : std::size_t { kX, kW, kR, kB, kSequenceLens, kInitialH, kInitialC, kP };
}  // namespace recurrent_input
/// Numbers of the outputs; the last one belongs to LSTM alone. The training form has its workspace
/// after them, at kind.output_count().
namespace recurrent_output {
enum : std::size_t { kY, kYh, kYc };
}  // namespace recurrent_output
/// Numbers of the inputs that the gradient operators have after those of the forward operator,
/// counted from kind.input_count(); the last one belongs to LSTM alone.
namespace recurrent_gradient_input {
enum : std::size_t { kY, kWorkspace, kDy, kDyh, kDyc };
}  // namespace recurrent_gradient_input
/// Numbers of the gradient operators' outputs; the last two belong to LSTM alone. Behind those of
/// an operator is dH, at kind.state_gradient_output().
namespace recurrent_gradient_output {
enum : std::size_t { kDx, kDw, kDr, kDb, kDinitialH, kDinitialC, kDp };
}  // namespace recurrent_gradient_output

/// The attributes of a node, checked.
struct RecurrentAttrs {
  struct Direction {
    bool is_reverse = false;
    std::array<Activation, 3> activations;  ///< f, g, h; as many as the kind has.
  };

  const RecurrentKind* kind = nullptr;
  std::vector<Direction> directions;  ///< One or two.
  std::optional<std::int64_t> hidden_size;
  bool batch_first = false;          ///< layout = 1
  std::optional<float> clip;         ///< Bound on the input of every activation.
  bool input_forget = false;         ///< LSTM: f = 1 - i.
  bool linear_before_reset = false;  ///< GRU: h = g(Wx + r (Rh + Rb)) instead of R(r h).
  /// For the training and gradient forms: how many steps are recomputed at a time in the backward
  /// step, or 0; see recurrent_training.h.
  std::int64_t checkpoint_every = 0;

  std::int64_t direction_count() const { return static_cast<std::int64_t>(directions.size()); }
  /// Every activation is the default one.
  bool has_default_activations() const;
  /// The default activations without clip and input_forget: the cell as it is taught. The workspace
  /// of training then holds the gates after their activations, else the sums before clip and
  /// activation.
  bool is_standard() const { return has_default_activations() && !clip && !input_forget; }
};

/// Returns of how many steps the cell state is kept, where the steps between are recomputed.
constexpr std::int64_t kept_state_count(std::int64_t steps, std::int64_t every) {
  return (steps + every - 1) / every;
}

/// Reads the attributes of an LSTM, GRU or RNN node or of their training and gradient forms.
/// activation_alpha and activation_beta are consumed in the order of the activations, only by those
/// that take one, and go on from the forward direction into the backward one. Throws Error.
RecurrentAttrs read_recurrent_attrs(const Node& node);

/// The extents as far as the inputs tell.
struct RecurrentDims {
  Dim T, N, I, H, D;
};

/// The extents as numbers, and where things lie in X, Y and the states, in elements.
struct RecurrentExtents {
  std::int64_t T, N, I, H, D, G;

  struct Strides {
    std::int64_t time = 0, batch = 0, direction = 0;
  };
  Strides x;          ///< X [T,N,I], layout 1: [N,T,I]
  Strides y;          ///< Y [T,D,N,H], layout 1: [N,T,D,H]
  Strides state;      ///< initial_h, initial_c, Y_h, Y_c [D,N,H], layout 1: [N,D,H]
  Strides workspace;  ///< workspace [D,T,N,S*H] in either layout, where all steps are kept

  RecurrentExtents(const RecurrentAttrs& attrs, const RecurrentDims& dims);
};

/// Returns where the cell state of a sequence before step s of a direction lies among those kept.
inline std::int64_t kept_state_place(const RecurrentExtents& extents, std::int64_t every,
                                     std::int64_t direction, std::int64_t s,
                                     std::int64_t sequence) {
  const std::int64_t kept = direction * kept_state_count(extents.T, every) + s / every;
  return (kept * extents.N + sequence) * extents.H;
}

/// Checks every input against every other; nullptr stands for a missing one. Shapes:
///   X [T,N,I], W [D,G*H,I], R [D,G*H,H], B [D,2*G*H], sequence_lens [N], initial_h [D,N,H],
///   initial_c [D,N,H], P [D,3*H]; layout 1: X [N,T,I], initial_h and initial_c [N,D,H];
///   of the gradient operators also Y and dY [T,D,N,H], workspace [D,T,N,S*H] (with
///   checkpoint_every = K: [D,ceil(T/K),N,H]), dY_h and dY_c [D,N,H]; layout 1: Y and dY
///   [N,T,D,H], dY_h and dY_c [N,D,H].
/// Throws Error.
RecurrentDims check_recurrent_shapes(const Node& node, const RecurrentAttrs& attrs,
                                     std::span<const Type* const> inputs);

/// Throws Error when a length is outside [0, T].
void check_sequence_lens(const Node& node, std::span<const std::int32_t> lengths, std::int64_t T);

/// infer of the three operators and their training forms: Y [T,D,N,H] (layout 1: [N,T,D,H]), Y_h
/// and Y_c [D,N,H] (layout 1: [N,D,H]), workspace [D,T,N,S*H].
void infer_recurrent(InferContext& context);
/// infer of the gradient operators: each output has the shape of what it is the gradient of,
/// whether that is given or not; dH [T,D,N,H].
void infer_recurrent_gradient(InferContext& context);

/// The ports and attributes that the three operators share.
std::vector<Port> recurrent_inputs(const RecurrentKind& kind);
std::vector<Port> recurrent_outputs(const RecurrentKind& kind);
std::vector<AttrDef> recurrent_attrs();

}  // namespace gatefold
