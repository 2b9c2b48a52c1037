#include "ir/ops/ops.h"
#include "ir/ops/recurrent_gradient.h"
#include "ir/ops/recurrent_training.h"

namespace gatefold::ops {
namespace {

struct LstmCell {
  template <typename Float>
  void forward(const DirectionWeights<Float>& weights, const Float* x, RecurrentState<Float>& state,
               StepRecord<Float>& record) const {
    const RecurrentState<Float> last = state;
    for (const char gate : kLstm.gates) {
      for (std::int64_t j = 0; j < weights.hidden_size(); ++j) {
        record.sum(gate, j) = weights.from_input(gate, j, x) + weights.from_state(gate, j, last.h);
      }
    }
    for (std::int64_t j = 0; j < weights.hidden_size(); ++j) {
      record.sum('i', j) += weights.peephole('i', j, last.c[j]);
      record.sum('f', j) += weights.peephole('f', j, last.c[j]);
      const auto [i, f, c] = gates(weights, record, j);
      state.c[j] = f * last.c[j] + i * c;
      record.sum('o', j) += weights.peephole('o', j, state.c[j]);
      state.h[j] = weights.activate(0, record.sum('o', j)) * weights.activate(2, state.c[j]);
      record.extra(j) = state.c[j];
    }
  }

  template <typename Float>
  void backward(const DirectionWeights<Float>& weights, const StepTrace<Float>& step,
                RecurrentState<Float>& d, StepGradients<Float>& sums) const {
    const bool input_forget = weights.attrs().input_forget;
    for (std::int64_t j = 0; j < weights.hidden_size(); ++j) {
      const auto sum = [&](char gate) { return step.record.sum(gate, j); };
      const Float C = step.after.c[j];
      const Float last_C = step.before.c[j];
      const auto [i, f, c] = gates(weights, step.record, j);
      const Float o = weights.activate(0, sum('o'));
      const Float d_o = d.h[j] * weights.activate(2, C) * weights.slope(0, sum('o'));
      const Float d_C = d.c[j] + d.h[j] * o * weights.slope(2, C) + weights.peephole('o', j, d_o);
      const Float by_i = d_C * (input_forget ? c - last_C : c);
      const Float d_i = by_i * weights.slope(0, sum('i'));
      const Float d_f = input_forget ? 0 : d_C * last_C * weights.slope(0, sum('f'));
      const Float d_c = d_C * i * weights.slope(1, sum('c'));
      d.c[j] = d_C * f + weights.peephole('i', j, d_i) + weights.peephole('f', j, d_f);
      set(weights, sums, j, {d_i, d_o, d_f, d_c});
      const std::int64_t H = weights.hidden_size();
      sums.peepholes[j] = d_i * last_C;
      sums.peepholes[H + j] = d_o * C;
      sums.peepholes[2 * H + j] = d_f * last_C;
    }
    d.h = through_state(weights, kLstm.gates, sums.from_state);
  }

 private:
  template <typename Float>
  struct Gates {
    Float i, f, c;
  };
  template <typename Float>
  static Gates<Float> gates(const DirectionWeights<Float>& weights, const StepRecord<Float>& record,
                            std::int64_t j) {
    const Float i = weights.activate(0, record.sum('i', j));
    const Float f = weights.attrs().input_forget ? 1 - i : weights.activate(0, record.sum('f', j));
    return {i, f, weights.activate(1, record.sum('c', j))};
  }
  /// `gradients` in the order of the gates.
  template <typename Float>
  static void set(const DirectionWeights<Float>& weights, StepGradients<Float>& sums,
                  std::int64_t j, const std::array<Float, 4>& gradients) {
    for (std::size_t g = 0; g < gradients.size(); ++g) {
      const std::int64_t row = weights.row_of(kLstm.gates[g], j);
      sums.from_input[row] = sums.from_state[row] = gradients[g];
    }
  }
};

}  // namespace

std::vector<OpDef> lstm() {
  std::vector<AttrDef> attrs = recurrent_attrs();
  attrs.push_back({"input_forget", AttrDef::Kind::kInt, 0});
  const OpDef forward{
      .name = kLstm.op,
      .doc =
          "A layer of long short-term memory.\n"
          "Shapes: X [T,N,I], W [D,4*H,I], R [D,4*H,H], B [D,8*H] = Wb, Rb, sequence_lens [N], "
          "initial_h and initial_c [D,N,H], P [D,3*H] -> Y [T,D,N,H], Y_h and Y_c [D,N,H]; "
          "layout 1: X [N,T,I], Y [N,T,D,H], states [N,D,H]; gates i o f c, peepholes i o f\n"
          "Formula: i = f(Wi x + Ri h + Pi C + Wbi + Rbi), f = f(Wf x + Rf h + Pf C + Wbf + Rbf) "
          "or 1 - i with input_forget, c = g(Wc x + Rc h + Wbc + Rbc), C' = f C + i c, "
          "o = f(Wo x + Ro h + Po C' + Wbo + Rbo), h' = o h(C'); clip bounds the argument of f, "
          "g and h\n"
          "Source: ONNX LSTM-22",
      .since = 7,
      .inputs = recurrent_inputs(kLstm),
      .outputs = recurrent_outputs(kLstm),
      .attrs = attrs,
      .infer = infer_recurrent,
      .evaluate = [](EvaluateContext& context) { evaluate_recurrent(context, LstmCell{}); },
  };
  return {
      forward,
      recurrent_training(
          forward, kLstm,
          {.doc = "LSTM with one more output, from which LSTMGrad computes its gradients.\n"
                  "Shapes: those of LSTM; workspace [D,T,N,5*H] = i, o, f, c, C' of each step in "
                  "either layout, 0 from a sequence's length on\n"
                  "Formula: that of LSTM; i o f c after their activations, with other activations "
                  "than the default ones, clip or input_forget the sums they are applied to\n"
                  "Source: Gatefold",
           .evaluate = forward.evaluate}),
      recurrent_gradient(
          forward, kLstm,
          {.doc = "The backward step of LSTMTraining; gradients not given are 0, those not wanted "
                  "are not computed.\n"
                  "Shapes: dY, dY_h, dY_c as Y, Y_h, Y_c -> each output as the input of its name\n"
                  "Forward: C' = f C + i c, h' = o h(C'); gates as in LSTM\n"
                  "Backward, a' for the derivative of an activation at its sum, 0 where clipped: "
                  "do = dh h(C') o', dC' += dh o h'(C') + do Po, di = dC' c i', df = dC' C f', "
                  "dc = dC' i c', dC = dC' f + di Pi + df Pf, dh = d(iofc) R + dY of the step "
                  "before, dX = d(iofc) W; dW, dR, dB and dP add up d(iofc) x, d(iofc) h, d(iofc) "
                  "in both halves, and di C, do C', df C; with input_forget di = dC' (c - C) i' "
                  "and df = 0\n"
                  "Source: Gatefold",
           .evaluate =
               [](EvaluateContext& context) { evaluate_recurrent_gradient(context, LstmCell{}); }}),
  };
}

}  // namespace gatefold::ops
