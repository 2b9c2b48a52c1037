#include "ir/ops/ops.h"
#include "ir/ops/recurrent_gradient.h"
#include "ir/ops/recurrent_training.h"

namespace gatefold::ops {
namespace {

struct RnnCell {
  template <typename Float>
  void forward(const DirectionWeights<Float>& weights, const Float* x, RecurrentState<Float>& state,
               StepRecord<Float>& record) const {
    const std::vector<Float> last = state.h;
    for (std::int64_t j = 0; j < weights.hidden_size(); ++j) {
      record.sum('i', j) = weights.from_input('i', j, x) + weights.from_state('i', j, last);
      state.h[j] = weights.activate(0, record.sum('i', j));
    }
  }

  template <typename Float>
  void backward(const DirectionWeights<Float>& weights, const StepTrace<Float>& step,
                RecurrentState<Float>& d, StepGradients<Float>& sums) const {
    for (std::int64_t j = 0; j < weights.hidden_size(); ++j) {
      sums.from_input[j] = d.h[j] * weights.slope(0, step.record.sum('i', j));
    }
    sums.from_state = sums.from_input;
    d.h = through_state(weights, "i", sums.from_state);
  }
};

}  // namespace

std::vector<OpDef> rnn() {
  const OpDef forward{
      .name = kRnn.op,
      .doc =
          "A layer of simple recurrent units.\n"
          "Shapes: X [T,N,I], W [D,H,I], R [D,H,H], B [D,2*H] = Wb, Rb, sequence_lens [N], "
          "initial_h [D,N,H] -> Y [T,D,N,H], Y_h [D,N,H]; layout 1: X [N,T,I], Y [N,T,D,H], "
          "states [N,D,H]\n"
          "Formula: h' = f(Wi x + Ri h + Wbi + Rbi); clip bounds the argument of f\n"
          "Source: ONNX RNN-22",
      .since = 7,
      .inputs = recurrent_inputs(kRnn),
      .outputs = recurrent_outputs(kRnn),
      .attrs = recurrent_attrs(),
      .infer = infer_recurrent,
      .evaluate = [](EvaluateContext& context) { evaluate_recurrent(context, RnnCell{}); },
  };
  return {
      forward,
      recurrent_training(
          forward, kRnn,
          {.doc = "RNN with one more output, from which RNNGrad computes its gradients.\n"
                  "Shapes: those of RNN; workspace [D,T,N,H] = h' of each step in either layout, "
                  "0 from a sequence's length on\n"
                  "Formula: that of RNN; with another activation than the default one or clip "
                  "workspace is the sum it is applied to\n"
                  "Source: Gatefold",
           .evaluate = forward.evaluate}),
      recurrent_gradient(
          forward, kRnn,
          {.doc = "The backward step of RNNTraining; gradients not given are 0, those not wanted "
                  "are not computed.\n"
                  "Shapes: dY, dY_h as Y, Y_h -> each output as the input of its name\n"
                  "Forward: h' = f(s), s = Wi x + Ri h + Wbi + Rbi\n"
                  "Backward: ds = dh' f'(s), 0 where clipped, dh = ds R + dY of the step before, "
                  "dX = ds W; dW, dR and dB add up ds x, ds h and ds in both halves\n"
                  "Source: Gatefold",
           .evaluate =
               [](EvaluateContext& context) { evaluate_recurrent_gradient(context, RnnCell{}); }}),
  };
}

}  // namespace gatefold::ops
