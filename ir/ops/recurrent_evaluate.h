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
    P_ = part(recurrent_input::kP);
  }

  std::int64_t hidden_size() const { return H_; }
  const RecurrentAttrs& attrs() const { return attrs_; }

  /// (x W^T + Wb)[gate, unit]
  Float from_input(char gate, std::int64_t unit, const Float* x) const {
    const std::int64_t row = index(attrs_.kind->gates, gate) * H_ + unit;
    return dot(x, W_ + row * I_, I_) + (B_ == nullptr ? 0 : B_[row]);
  }
  /// (h R^T + Rb)[gate, unit]
  Float from_state(char gate, std::int64_t unit, const std::vector<Float>& h) const {
    const std::int64_t row = index(attrs_.kind->gates, gate) * H_ + unit;
    const std::int64_t bias_row = attrs_.kind->gate_count() * H_ + row;
    return dot(h.data(), R_ + row * H_, H_) + (B_ == nullptr ? 0 : B_[bias_row]);
  }
  /// P[gate, unit]
  Float peephole(char gate, std::int64_t unit) const {
    return P_ == nullptr ? 0 : P_[index(attrs_.kind->peepholes, gate) * H_ + unit];
  }
  /// Activation 0, 1, 2 (f, g, h) of the clipped argument.
  Float activate(std::size_t number, Float x) const {
    if (attrs_.clip) x = std::clamp<Float>(x, -*attrs_.clip, *attrs_.clip);
    return activations_[number](x);
  }

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
  const Float *W_, *R_, *B_, *P_;
};

/// One evaluation of a recurrent node: its extents, checked, and the loops over directions,
/// sequences and time.
template <typename Float>
class RecurrentEvaluation {
 public:
  explicit RecurrentEvaluation(EvaluateContext& context)
      : context_(context),
        attrs_(read_recurrent_attrs(context.node())),
        extents_(attrs_, check_shapes(context, attrs_)),
        lengths_(extents_.N, static_cast<std::int32_t>(extents_.T)) {
    if (!context.has_input(recurrent_input::kSequenceLens)) return;
    const auto lengths = context.input(recurrent_input::kSequenceLens).values<std::int32_t>();
    check_sequence_lens(context.node(), lengths, extents_.T);
    lengths_.assign(lengths.begin(), lengths.end());
  }

  template <typename Step>
  void run(Step step) {
    const std::int64_t T = extents_.T, N = extents_.N, H = extents_.H, D = extents_.D;
    make_output(recurrent_output::kY, attrs_.batch_first ? Dims{N, T, D, H} : Dims{T, D, N, H});
    const Dims state_dims = attrs_.batch_first ? Dims{N, D, H} : Dims{D, N, H};
    make_output(recurrent_output::kYh, state_dims);
    if (attrs_.kind->has_cell_state) make_output(recurrent_output::kYc, state_dims);
    for (std::int64_t d = 0; d < D; ++d) {
      const DirectionWeights<Float> weights(context_, attrs_, extents_, d);
      for (std::int64_t n = 0; n < N; ++n) run_sequence(weights, d, n, step);
    }
  }

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

  template <typename Step>
  void run_sequence(const DirectionWeights<Float>& weights, std::int64_t d, std::int64_t n,
                    Step step) {
    const std::int64_t place = d * extents_.state.direction + n * extents_.state.batch;
    RecurrentState<Float> state{read_state(recurrent_input::kInitialH, place),
                                read_state(recurrent_input::kInitialC, place)};
    const Float* X = context_.input(recurrent_input::kX).data<Float>() + n * extents_.x.batch;
    const bool is_reverse = attrs_.directions[d].is_reverse;
    for (std::int64_t s = 0; s < lengths_[n]; ++s) {
      const std::int64_t t = is_reverse ? lengths_[n] - 1 - s : s;
      step(weights, X + t * extents_.x.time, state);
      write(recurrent_output::kY,
            t * extents_.y.time + d * extents_.y.direction + n * extents_.y.batch, state.h);
    }
    write(recurrent_output::kYh, place, state.h);
    write(recurrent_output::kYc, place, state.c);
  }

  std::vector<Float> read_state(std::size_t input, std::int64_t place) const {
    std::vector<Float> state(extents_.H, 0);
    if (context_.has_input(input)) {
      std::copy_n(context_.input(input).data<Float>() + place, extents_.H, state.begin());
    }
    return state;
  }

  void make_output(std::size_t output, const Dims& dims) {
    if (!context_.has_output(output)) return;
    Tensor& tensor = context_.output(output, data_type_of<Float>(), dims);
    outputs_[output] = tensor.data<Float>();
    std::fill_n(outputs_[output], tensor.size(), Float{0});
  }
  void write(std::size_t output, std::int64_t place, const std::vector<Float>& state) {
    if (outputs_[output] != nullptr) {
      std::copy(state.begin(), state.end(), outputs_[output] + place);
    }
  }

  EvaluateContext& context_;
  RecurrentAttrs attrs_;
  RecurrentExtents extents_;
  std::vector<std::int32_t> lengths_;
  std::array<Float*, 3> outputs_{};
};

/// evaluate of the three operators. `step(weights, x, state)` replaces the state after step t-1 by
/// the one after step t. A sequence of length L uses steps 0 .. L-1, the reverse direction from L-1
/// down to 0; Y is 0 from L on; Y_h and Y_c are the state after the last step computed.
template <typename Step>
void evaluate_recurrent(EvaluateContext& context, Step step) {
  dispatch_float(context.input(recurrent_input::kX).dtype(),
                 [&]<typename Float>() { RecurrentEvaluation<Float>(context).run(step); });
}

}  // namespace gatefold
