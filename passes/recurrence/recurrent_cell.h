#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "ir/ops/recurrent.h"
#include "passes/recurrence/linear_terms.h"
#include "passes/rewriting/rewrite.h"

namespace gatefold {

/// A value that the gates of one recurrent step multiply with weights. One that a gate multiplies
/// several times, as x and as the first h for instance, is as many operands.
struct Operand {
  Value* value = nullptr;
  std::size_t repeat = 0;  ///< Number among the terms of a gate with this value.

  bool operator==(const Operand&) const = default;
};

/// activation (sum)
struct Gate {
  Activation activation;
  LinearSum sum;
};

/// The activation that made the value, when it is one that recurrent nodes have.
std::optional<Activation> activation_of(const Value* value);
/// The one that changes nothing.
Activation identity_activation();
bool are_equal(const Activation& a, const Activation& b);
/// True when 1 - f (x) = f (-x).
bool is_point_symmetric(const Activation& activation);
/// Attributes of a recurrent node for its activations f, g, h; none for the default ones.
Attrs activation_attrs(const RecurrentKind& kind, std::span<const Activation> activations);

/// Reads a value as a gate, also 1 minus one that is point symmetric; or columns of gates whose
/// activation was taken at once.
std::optional<Gate> gate_under(const Value& value, const PassContext& context);
/// The same with peepholes.
std::optional<Gate> gate_with_peepholes_under(const Value& value, const PassContext& context);

/// The operands of the gates, each once, in order of first use; nothing when the columns of one are
/// not known.
std::optional<std::vector<Operand>> collect_operands(const std::vector<const LinearSum*>& gates);

/// The term of the sum with this operand, nullptr if there is none.
const LinearTerm* term_of(const LinearSum& sum, const Operand& operand);

/// The axis of extent 1 in [1, N, C] or [N, 1, C]; nothing for other types.
std::optional<std::int64_t> single_axis_of(const Type& type);
/// True when `value`, alone or as part of a Concat, is multiplied by these rows of the weight; the
/// first of them is that many rows above its own.
bool is_multiplied_by(const Value& value, const WeightBlock& weight, std::int64_t row = 0);

/// H of a hidden state [H], [N, H], [1, N, H] or [N, 1, H]; nothing, with the reason explained,
/// when it has another form.
std::optional<std::int64_t> state_size_of(const Value& hidden, const Rewriter& rewriter);

/// The operand that is the previous hidden state, which has `state_size` columns. `hidden` is that
/// value where the pattern names it; otherwise it is found by what the step makes of it: it is
/// carried to `next_hidden`, looks like the result of another step or an initial state, or has the
/// same origin as `cell_state`. Nothing when no operand can be the state.
std::optional<Operand> find_hidden(const std::vector<const LinearSum*>& gates, const Value* hidden,
                                   const Value& next_hidden, const Value* cell_state,
                                   std::int64_t state_size);
/// The operands beside the hidden state: together they are one row of X. Nothing when there are
/// none or the columns of one are not known.
std::optional<std::vector<Operand>> find_inputs(const std::vector<const LinearSum*>& gates,
                                                const Operand& hidden);

/// [1, gates * H, columns of the operands]: the weights of `operands`, gate below gate.
Value* build_gate_weights(Rewriter& rewriter, const std::vector<const LinearSum*>& gates,
                          const std::vector<Operand>& operands, std::int64_t state_size);
/// [H]: the sum of a gate's biases; zeros where it has none.
Value* build_gate_bias(Rewriter& rewriter, const LinearSum& gate, std::int64_t state_size);
/// [1, N, columns]: the operands side by side, as a sequence of one step.
Value* build_step_input(Rewriter& rewriter, const std::vector<Operand>& operands);
/// The state [1, N, H] with the axes that `like` has.
Value* build_step_output(Rewriter& rewriter, Value* state, const Value& like);

/// True when the body of a Loop or Scan carries `state` over to `next`.
bool is_carried(const Value& state, const Value& next);

}  // namespace gatefold
