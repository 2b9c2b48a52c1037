#pragma once

#include <algorithm>
#include <vector>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/ops/recurrent.h"

namespace gatefold {

/// The state of one sequence in one direction.
template <typename Float>
struct RecurrentState {
  std::vector<Float> h, c;  ///< [H]; c is unused by cells without a cell state.
};

/// What a step computes on its way: the blocks of the training form's workspace, with the gates'
/// sums before clip and activation.
template <typename Float>
class StepRecord {
 public:
  StepRecord(const RecurrentAttrs& attrs, std::int64_t H)
      : gates_(attrs.kind->gates), H_(H), numbers_(attrs.kind->workspace_blocks * H) {}

  /// The sum of a gate, by its letter.
  Float& sum(char gate, std::int64_t unit) {
    return numbers_[static_cast<std::int64_t>(gates_.find(gate)) * H_ + unit];
  }
  Float sum(char gate, std::int64_t unit) const {
    return numbers_[static_cast<std::int64_t>(gates_.find(gate)) * H_ + unit];
  }
  /// The block behind the gates.
  Float& extra(std::int64_t unit) { return numbers_[numbers_.size() - H_ + unit]; }
  Float extra(std::int64_t unit) const { return numbers_[numbers_.size() - H_ + unit]; }
  const std::vector<Float>& numbers() const { return numbers_; }

 private:
  std::string_view gates_;
  std::int64_t H_;
  std::vector<Float> numbers_;
};

/// The numbers that one direction of an operator works with, by the names of its formulas.
template <typename Float>
class DirectionWeights {
 public:
  DirectionWeights(const EvaluateContext& context, const RecurrentAttrs& attrs,
                   const RecurrentExtents& extents, std::int64_t direction)
      : attrs_(attrs),
        activations_(attrs.directions[direction].activations),
        I_(extents.I),
        H_(extents.H) {
    const auto part = [&](std::size_t input) -> const Float* {
      if (!context.has_input(input)) return nullptr;
      const Tensor& tensor = context.input(input);
      return tensor.data<Float>() + direction * (tensor.size() / extents.D);
    };
    W_ = part(recurrent_input::kW);
    R_ = part(recurrent_input::kR);
    B_ = part(recurrent_input::kB);
    if (attrs.kind->has_cell_state) P_ = part(recurrent_input::kP);
  }

  std::int64_t hidden_size() const { return H_; }
  const RecurrentAttrs& attrs() const { return attrs_; }

  /// (x W^T + Wb)[gate, unit]
  Float from_input(char gate, std::int64_t unit, const Float* x) const {
    const std::int64_t row = row_of(gate, unit);
    return dot(x, W_ + row * I_, I_) + (B_ == nullptr ? 0 : B_[row]);
  }
  /// (h R^T + Rb)[gate, unit]
  Float from_state(char gate, std::int64_t unit, const std::vector<Float>& h) const {
    const std::int64_t row = row_of(gate, unit);
    const std::int64_t bias_row = attrs_.kind->gate_count() * H_ + row;
    return dot(h.data(), R_ + row * H_, H_) + (B_ == nullptr ? 0 : B_[bias_row]);
  }
  /// P[gate, unit] factor; without peepholes 0, whatever the factor.
  Float peephole(char gate, std::int64_t unit, Float factor) const {
    return P_ == nullptr ? 0 : P_[index(attrs_.kind->peepholes, gate) * H_ + unit] * factor;
  }
  /// Activation 0, 1, 2 (f, g, h) of the clipped argument.
  Float activate(std::size_t number, Float x) const {
    if (attrs_.clip) x = std::clamp<Float>(x, -*attrs_.clip, *attrs_.clip);
    return activations_[number](x);
  }
  /// The derivative of `activate` by x: 0 where x is clipped.
  Float slope(std::size_t number, Float x) const {
    if (attrs_.clip && (x < -*attrs_.clip || x > *attrs_.clip)) return 0;
    return activations_[number].slope(x);
  }

  /// Number of a gate's row in W, R and each half of B.
  std::int64_t row_of(char gate, std::int64_t unit) const {
    return index(attrs_.kind->gates, gate) * H_ + unit;
  }
  /// The rows of W [G*H,I] and R [G*H,H].
  const Float* input_weights(std::int64_t row) const { return W_ + row * I_; }
  const Float* state_weights(std::int64_t row) const { return R_ + row * H_; }

 private:
  static std::int64_t index(std::string_view letters, char letter) {
    return static_cast<std::int64_t>(letters.find(letter));
  }
  static Float dot(const Float* a, const Float* b, std::int64_t size) {
    Float sum = 0;
    for (std::int64_t i = 0; i < size; ++i) sum += a[i] * b[i];
    return sum;
  }

  const RecurrentAttrs& attrs_;
  const std::array<Activation, 3>& activations_;
  std::int64_t I_, H_;
  const Float *W_, *R_, *B_, *P_ = nullptr;
};

/// The sequences of a recurrent node: its extents, checked, and where each step's numbers lie. A
/// sequence of length L has steps 0 .. L-1; the reverse direction computes them from time L-1 down
/// to 0.
template <typename Float>
class RecurrentSequences {
 public:
  explicit RecurrentSequences(const EvaluateContext& context)
      : context_(context),
        attrs_(read_recurrent_attrs(context.node())),
        extents_(attrs_, check_shapes(context, attrs_)),
        lengths_(extents_.N, static_cast<std::int32_t>(extents_.T)) {
    if (!context.has_input(recurrent_input::kSequenceLens)) return;
    const auto lengths = context.input(recurrent_input::kSequenceLens).values<std::int32_t>();
    check_sequence_lens(context.node(), lengths, extents_.T);
    lengths_.assign(lengths.begin(), lengths.end());
  }

  const RecurrentAttrs& attrs() const { return attrs_; }
  const RecurrentExtents& extents() const { return extents_; }
  std::int64_t length(std::int64_t n) const { return lengths_[n]; }
  Dims y_dims() const {
    const auto& [T, N, I, H, D, G, x, y, state, workspace] = extents_;
    return attrs_.batch_first ? Dims{N, T, D, H} : Dims{T, D, N, H};
  }
  Dims state_dims() const {
    const auto& [T, N, I, H, D, G, x, y, state, workspace] = extents_;
    return attrs_.batch_first ? Dims{N, D, H} : Dims{D, N, H};
  }

  /// Where step s of sequence n in direction d lies in X, Y or workspace, whose strides are given.
  std::int64_t place(const RecurrentExtents::Strides& strides, std::int64_t d, std::int64_t n,
                     std::int64_t s) const {
    const std::int64_t t = attrs_.directions[d].is_reverse ? lengths_[n] - 1 - s : s;
    return t * strides.time + n * strides.batch + d * strides.direction;
  }
  std::int64_t state_place(std::int64_t d, std::int64_t n) const {
    return d * extents_.state.direction + n * extents_.state.batch;
  }
  /// H numbers of an input, zeros where it is missing.
  std::vector<Float> read(std::size_t input, std::int64_t place) const {
    std::vector<Float> numbers(extents_.H, 0);
    if (context_.has_input(input)) {
      std::copy_n(context_.input(input).data<Float>() + place, extents_.H, numbers.begin());
    }
    return numbers;
  }
  RecurrentState<Float> initial_state(std::int64_t d, std::int64_t n) const {
    const std::int64_t place = state_place(d, n);
    RecurrentState<Float> state{read(recurrent_input::kInitialH, place), {}};
    if (attrs_.kind->has_cell_state) state.c = read(recurrent_input::kInitialC, place);
    return state;
  }
  const Float* x(std::int64_t d, std::int64_t n, std::int64_t s) const {
    return context_.input(recurrent_input::kX).data<Float>() + place(extents_.x, d, n, s);
  }
  DirectionWeights<Float> weights(std::int64_t d) const { return {context_, attrs_, extents_, d}; }

 private:
  static RecurrentDims check_shapes(const EvaluateContext& context, const RecurrentAttrs& attrs) {
    std::vector<Type> types(context.input_count());
    std::vector<const Type*> pointers(types.size());
    for (std::size_t i = 0; i < types.size(); ++i) {
      if (!context.has_input(i)) continue;
      types[i] = context.input(i).type();
      pointers[i] = &types[i];
    }
    return check_recurrent_shapes(context.node(), attrs, pointers);
  }

  const EvaluateContext& context_;
  RecurrentAttrs attrs_;
  RecurrentExtents extents_;
  std::vector<std::int32_t> lengths_;
};

/// Computes the outputs of an operator or its training form.
template <typename Float>
class RecurrentEvaluation {
 public:
  explicit RecurrentEvaluation(EvaluateContext& context) : context_(context), sequences_(context) {}

  template <typename Cell>
  void run(Cell cell) {
    const auto& [T, N, I, H, D, G, x, y, state, workspace] = sequences_.extents();
    const RecurrentKind& kind = *sequences_.attrs().kind;
    make_output(recurrent_output::kY, sequences_.y_dims());
    make_output(recurrent_output::kYh, sequences_.state_dims());
    if (kind.has_cell_state) make_output(recurrent_output::kYc, sequences_.state_dims());
    const std::int64_t every = sequences_.attrs().checkpoint_every;
    make_output(kind.output_count(), every > 0 ? Dims{D, kept_state_count(T, every), N, H}
                                               : Dims{D, T, N, workspace.batch});
    for (std::int64_t d = 0; d < D; ++d) {
      const DirectionWeights<Float> weights = sequences_.weights(d);
      for (std::int64_t n = 0; n < N; ++n) run_sequence(weights, d, n, cell);
    }
  }

 private:
  template <typename Cell>
  void run_sequence(const DirectionWeights<Float>& weights, std::int64_t d, std::int64_t n,
                    Cell cell) {
    const RecurrentExtents& extents = sequences_.extents();
    const RecurrentKind& kind = *weights.attrs().kind;
    RecurrentState<Float> state = sequences_.initial_state(d, n);
    StepRecord<Float> record(weights.attrs(), extents.H);
    const std::int64_t every = sequences_.attrs().checkpoint_every;
    for (std::int64_t s = 0; s < sequences_.length(n); ++s) {
      if (every > 0 && s % every == 0) {
        write(kind.output_count(), kept_state_place(extents, every, d, s, n), state.c);
      }
      cell.forward(weights, sequences_.x(d, n, s), state, record);
      write(recurrent_output::kY, sequences_.place(extents.y, d, n, s), state.h);
      if (outputs_[kind.output_count()] == nullptr || every > 0) continue;
      write(kind.output_count(), sequences_.place(extents.workspace, d, n, s),
            workspace_of(weights, record));
    }
    write(recurrent_output::kYh, sequences_.state_place(d, n), state.h);
    if (kind.has_cell_state) write(recurrent_output::kYc, sequences_.state_place(d, n), state.c);
  }

  static std::vector<Float> workspace_of(const DirectionWeights<Float>& weights,
                                         const StepRecord<Float>& record) {
    std::vector<Float> numbers = record.numbers();
    if (!weights.attrs().is_standard()) return numbers;
    const RecurrentKind& kind = *weights.attrs().kind;
    const std::int64_t H = weights.hidden_size();
    for (std::int64_t k = 0; k < kind.gate_count() * H; ++k) {
      numbers[k] = weights.activate(kind.gate_activations[k / H], numbers[k]);
    }
    return numbers;
  }

  void make_output(std::size_t output, const Dims& dims) {
    if (!context_.has_output(output)) return;
    Tensor& tensor = context_.output(output, data_type_of<Float>(), dims);
    outputs_[output] = tensor.data<Float>();
    std::fill_n(outputs_[output], tensor.size(), Float{0});
  }
  void write(std::size_t output, std::int64_t place, const std::vector<Float>& numbers) {
    if (outputs_[output] != nullptr) {
      std::copy(numbers.begin(), numbers.end(), outputs_[output] + place);
    }
  }

  EvaluateContext& context_;
  RecurrentSequences<Float> sequences_;
  std::array<Float*, 4> outputs_{};
};

/// evaluate of the three operators and their training forms. `cell.forward(weights, x, state,
/// record)` replaces the state before a step by the one after it. Y and workspace are 0 from a
/// sequence's length on; Y_h and Y_c are the state after the last step computed.
template <typename Cell>
void evaluate_recurrent(EvaluateContext& context, Cell cell) {
  dispatch_float(context.input(recurrent_input::kX).dtype(),
                 [&]<typename Float>() { RecurrentEvaluation<Float>(context).run(cell); });
}

}  // namespace gatefold
