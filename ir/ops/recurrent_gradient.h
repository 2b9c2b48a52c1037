#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "ir/ops/recurrent_evaluate.h"

namespace gatefold {

/// A step that has been computed, with all that its backward step needs.
template <typename Float>
struct StepTrace {
  RecurrentState<Float> before, after;
  StepRecord<Float> record;
};

/// The gradients that one step gives.
template <typename Float>
class StepGradients {
 public:
  StepGradients(const RecurrentKind& kind, std::int64_t H)
      : from_input(kind.gate_count() * H),
        from_state(kind.gate_count() * H),
        peepholes(kind.peepholes.size() * H) {}

  std::vector<Float> from_input;  ///< [G*H]: by x W^T + Wb
  std::vector<Float> from_state;  ///< [G*H]: by h R^T + Rb
  std::vector<Float> peepholes;   ///< By P.
  /// What the last gate's rows of R were multiplied with where that is not h (GRU); else empty.
  std::vector<Float> reset_h;
};

/// Sum over the rows of R of the given gates: gradients^T R, the gradient by h.
template <typename Float>
std::vector<Float> through_state(const DirectionWeights<Float>& weights, std::string_view gates,
                                 const std::vector<Float>& gradients) {
  const std::int64_t H = weights.hidden_size();
  std::vector<Float> sums(H, 0);
  for (const char gate : gates) {
    for (std::int64_t j = 0; j < H; ++j) {
      const std::int64_t row = weights.row_of(gate, j);
      for (std::int64_t k = 0; k < H; ++k) {
        sums[k] += gradients[row] * weights.state_weights(row)[k];
      }
    }
  }
  return sums;
}

/// Computes the outputs of a gradient operator. It computes the forward steps again rather than
/// read Y and workspace.
template <typename Float>
class RecurrentGradientEvaluation {
 public:
  explicit RecurrentGradientEvaluation(EvaluateContext& context)
      : context_(context), sequences_(context) {}

  template <typename Cell>
  void run(Cell cell) {
    using namespace recurrent_gradient_output;
    const auto& [T, N, I, H, D, G, x, y, state, workspace] = sequences_.extents();
    make_output(kDx, context_.input(recurrent_input::kX).dims());
    make_output(kDw, {D, G * H, I});
    make_output(kDr, {D, G * H, H});
    make_output(kDb, {D, 2 * G * H});
    make_output(kDinitialH, sequences_.state_dims());
    if (sequences_.attrs().kind->has_cell_state) {
      make_output(kDinitialC, sequences_.state_dims());
      make_output(kDp, {D, 3 * H});
    }
    make_output(sequences_.attrs().kind->state_gradient_output(), {T, D, N, H});
    for (std::int64_t d = 0; d < D; ++d) {
      const DirectionWeights<Float> weights = sequences_.weights(d);
      for (std::int64_t n = 0; n < N; ++n) run_sequence(weights, d, n, cell);
    }
  }

 private:
  using Weights = DirectionWeights<Float>;

  template <typename Cell>
  std::vector<StepTrace<Float>> forward(const Weights& weights, std::int64_t d, std::int64_t n,
                                        Cell cell) const {
    std::vector<StepTrace<Float>> steps;
    RecurrentState<Float> state = sequences_.initial_state(d, n);
    for (std::int64_t s = 0; s < sequences_.length(n); ++s) {
      StepTrace<Float> step{state, {}, {weights.attrs(), weights.hidden_size()}};
      cell.forward(weights, sequences_.x(d, n, s), state, step.record);
      step.after = state;
      steps.push_back(std::move(step));
    }
    return steps;
  }

  template <typename Cell>
  void run_sequence(const Weights& weights, std::int64_t d, std::int64_t n, Cell cell) {
    const RecurrentKind& kind = *weights.attrs().kind;
    const std::int64_t H = weights.hidden_size();
    const std::int64_t place = sequences_.state_place(d, n);
    const std::vector<StepTrace<Float>> steps = forward(weights, d, n, cell);
    namespace input = recurrent_gradient_input;
    RecurrentState<Float> gradient{sequences_.read(kind.input_count() + input::kDyh, place), {}};
    if (kind.has_cell_state) {
      gradient.c = sequences_.read(kind.input_count() + input::kDyc, place);
    }
    for (std::int64_t s = sequences_.length(n); s-- > 0;) {
      const std::vector<Float> dY = sequences_.read(
          kind.input_count() + input::kDy, sequences_.place(sequences_.extents().y, d, n, s));
      for (std::int64_t j = 0; j < H; ++j) gradient.h[j] += dY[j];
      add(kind.state_gradient_output(), sequences_.place(step_strides(), d, n, s), 1,
          gradient.h.data(), H);
      StepGradients<Float> sums(kind, H);
      cell.backward(weights, steps[s], gradient, sums);
      add_input(weights, d, n, s, sums);
      add_weights(d, sequences_.x(d, n, s), steps[s].before.h, sums);
    }
    add(recurrent_gradient_output::kDinitialH, place, 1, gradient.h.data(), H);
    add(recurrent_gradient_output::kDinitialC, place, 1, gradient.c.data(),
        kind.has_cell_state ? H : 0);
  }

  /// Of dH.
  RecurrentExtents::Strides step_strides() const {
    const auto& [T, N, I, H, D, G, x, y, state, workspace] = sequences_.extents();
    return {.time = D * N * H, .batch = H, .direction = N * H};
  }

  void add_input(const Weights& weights, std::int64_t d, std::int64_t n, std::int64_t s,
                 const StepGradients<Float>& sums) {
    const std::int64_t place = sequences_.place(sequences_.extents().x, d, n, s);
    for (std::size_t row = 0; row < sums.from_input.size(); ++row) {
      add(recurrent_gradient_output::kDx, place, sums.from_input[row],
          weights.input_weights(static_cast<std::int64_t>(row)), sequences_.extents().I);
    }
  }

  void add_weights(std::int64_t d, const Float* x, const std::vector<Float>& h,
                   const StepGradients<Float>& sums) {
    using namespace recurrent_gradient_output;
    const std::int64_t I = sequences_.extents().I;
    const std::int64_t H = sequences_.extents().H;
    const std::int64_t rows = sequences_.extents().G * H;
    for (std::int64_t row = 0; row < rows; ++row) {
      const bool is_reset = !sums.reset_h.empty() && row >= rows - H;
      add(kDw, (d * rows + row) * I, sums.from_input[row], x, I);
      add(kDr, (d * rows + row) * H, sums.from_state[row],
          is_reset ? sums.reset_h.data() : h.data(), H);
    }
    add(kDb, d * 2 * rows, 1, sums.from_input.data(), rows);
    add(kDb, d * 2 * rows + rows, 1, sums.from_state.data(), rows);
    const auto peepholes = static_cast<std::int64_t>(sums.peepholes.size());
    add(kDp, d * peepholes, 1, sums.peepholes.data(), peepholes);
  }

  void make_output(std::size_t output, const Dims& dims) {
    if (!context_.has_output(output)) return;
    Tensor& tensor = context_.output(output, data_type_of<Float>(), dims);
    outputs_[output] = tensor.data<Float>();
    std::fill_n(outputs_[output], tensor.size(), Float{0});
  }
  /// output[place + i] += factor * numbers[i]; nothing for an output that is unwanted.
  void add(std::size_t output, std::int64_t place, Float factor, const Float* numbers,
           std::int64_t count) {
    if (outputs_[output] == nullptr) return;
    for (std::int64_t i = 0; i < count; ++i) outputs_[output][place + i] += factor * numbers[i];
  }

  EvaluateContext& context_;
  RecurrentSequences<Float> sequences_;
  std::array<Float*, 8> outputs_{};
};

/// evaluate of the gradient operators. `cell.backward(weights, step, d, sums)` gets in `d` the
/// gradient by the state after the step, replaces it by the one by the state before, and fills
/// `sums`, which starts as zeros. A gradient that is not given is 0; a sequence of length 0 hands
/// dY_h and dY_c on to dinitial_h and dinitial_c.
template <typename Cell>
void evaluate_recurrent_gradient(EvaluateContext& context, Cell cell) {
  dispatch_float(context.input(recurrent_input::kX).dtype(),
                 [&]<typename Float>() { RecurrentGradientEvaluation<Float>(context).run(cell); });
}

}  // namespace gatefold
