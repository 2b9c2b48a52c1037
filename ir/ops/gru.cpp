#include "ir/ops/ops.h"
#include "ir/ops/recurrent_gradient.h"
#include "ir/ops/recurrent_training.h"

namespace gatefold::ops {
namespace {

struct GruCell {
  template <typename Float>
  void forward(const DirectionWeights<Float>& weights, const Float* x, RecurrentState<Float>& state,
               StepRecord<Float>& record) const {
    const std::int64_t H = weights.hidden_size();
    const bool is_linear_first = weights.attrs().linear_before_reset;
    const std::vector<Float> last = state.h;
    std::vector<Float> r(H), reset(H);
    for (std::int64_t j = 0; j < H; ++j) {
      for (const char gate : {'z', 'r'}) {
        record.sum(gate, j) = weights.from_input(gate, j, x) + weights.from_state(gate, j, last);
      }
      r[j] = weights.activate(0, record.sum('r', j));
      reset[j] = r[j] * last[j];
    }
    for (std::int64_t j = 0; j < H; ++j) {
      record.extra(j) = is_linear_first ? weights.from_state('h', j, last) : reset[j];
      const Float recurrent =
          is_linear_first ? r[j] * record.extra(j) : weights.from_state('h', j, reset);
      record.sum('h', j) = weights.from_input('h', j, x) + recurrent;
      const Float z = weights.activate(0, record.sum('z', j));
      state.h[j] = (1 - z) * weights.activate(1, record.sum('h', j)) + z * last[j];
    }
  }

  template <typename Float>
  void backward(const DirectionWeights<Float>& weights, const StepTrace<Float>& step,
                RecurrentState<Float>& d, StepGradients<Float>& sums) const {
    const std::int64_t H = weights.hidden_size();
    std::vector<Float> direct(H);
    for (std::int64_t j = 0; j < H; ++j) {
      const Float z_sum = step.record.sum('z', j), h_sum = step.record.sum('h', j);
      const Float z = weights.activate(0, z_sum), c = weights.activate(1, h_sum);
      const Float d_z = d.h[j] * (step.before.h[j] - c) * weights.slope(0, z_sum);
      set(weights, sums, 'z', j, d_z);
      set(weights, sums, 'h', j, d.h[j] * (1 - z) * weights.slope(1, h_sum));
      direct[j] = d.h[j] * z;
    }
    const bool is_linear_first = weights.attrs().linear_before_reset;
    if (is_linear_first) {
      reset_of_sum(weights, step, sums);
    } else {
      reset_of_state(weights, step, direct, sums);
    }
    d.h = through_state(weights, is_linear_first ? "zrh" : "zr", sums.from_state);
    for (std::int64_t j = 0; j < H; ++j) d.h[j] += direct[j];
  }

 private:
  /// Gate r where the step has r (Rh h + Rbh).
  template <typename Float>
  static void reset_of_sum(const DirectionWeights<Float>& weights, const StepTrace<Float>& step,
                           StepGradients<Float>& sums) {
    for (std::int64_t j = 0; j < weights.hidden_size(); ++j) {
      const Float r_sum = step.record.sum('r', j);
      Float& by_sum = sums.from_state[weights.row_of('h', j)];
      set(weights, sums, 'r', j, by_sum * step.record.extra(j) * weights.slope(0, r_sum));
      by_sum *= weights.activate(0, r_sum);
    }
  }
  /// Gate r where the step has Rh (r h); `direct` gets what goes on to h.
  template <typename Float>
  static void reset_of_state(const DirectionWeights<Float>& weights, const StepTrace<Float>& step,
                             std::vector<Float>& direct, StepGradients<Float>& sums) {
    const std::vector<Float> d_reset = through_state(weights, "h", sums.from_state);
    for (std::int64_t j = 0; j < weights.hidden_size(); ++j) {
      const Float r_sum = step.record.sum('r', j);
      set(weights, sums, 'r', j, d_reset[j] * step.before.h[j] * weights.slope(0, r_sum));
      direct[j] += d_reset[j] * weights.activate(0, r_sum);
      sums.reset_h.push_back(step.record.extra(j));
    }
  }
  template <typename Float>
  static void set(const DirectionWeights<Float>& weights, StepGradients<Float>& sums, char gate,
                  std::int64_t j, Float gradient) {
    const std::int64_t row = weights.row_of(gate, j);
    sums.from_input[row] = sums.from_state[row] = gradient;
  }
};

}  // namespace

std::vector<OpDef> gru() {
  std::vector<AttrDef> attrs = recurrent_attrs();
  attrs.push_back({"linear_before_reset", AttrDef::Kind::kInt, 0});
  const OpDef forward{
      .name = kGru.op,
      .doc =
          "A layer of gated recurrent units.\n"
          "Shapes: X [T,N,I], W [D,3*H,I], R [D,3*H,H], B [D,6*H] = Wb, Rb, sequence_lens [N], "
          "initial_h [D,N,H] -> Y [T,D,N,H], Y_h [D,N,H]; layout 1: X [N,T,I], Y [N,T,D,H], "
          "states [N,D,H]; gates z r h\n"
          "Formula: z = f(Wz x + Rz h + Wbz + Rbz), r = f(Wr x + Rr h + Wbr + Rbr), "
          "c = g(Wh x + Rh (r h) + Wbh + Rbh), with linear_before_reset "
          "c = g(Wh x + r (Rh h + Rbh) + Wbh), h' = (1 - z) c + z h; clip bounds the argument "
          "of f and g\n"
          "Source: ONNX GRU-22",
      .since = 7,
      .inputs = recurrent_inputs(kGru),
      .outputs = recurrent_outputs(kGru),
      .attrs = attrs,
      .infer = infer_recurrent,
      .evaluate = [](EvaluateContext& context) { evaluate_recurrent(context, GruCell{}); },
  };
  return {
      forward,
      recurrent_training(
          forward, kGru,
          {.doc = "GRU with one more output, from which GRUGrad computes its gradients.\n"
                  "Shapes: those of GRU; workspace [D,T,N,4*H] = z, r, c, r h (with "
                  "linear_before_reset Rh h + Rbh) of each step in either layout, 0 from a "
                  "sequence's length on\n"
                  "Formula: that of GRU; z r c after their activations, with other activations "
                  "than the default ones or clip the sums they are applied to\n"
                  "Source: Gatefold",
           .evaluate = forward.evaluate}),
      recurrent_gradient(
          forward, kGru,
          {.doc = "The backward step of GRUTraining; gradients not given are 0, those not wanted "
                  "are not computed.\n"
                  "Shapes: dY, dY_h as Y, Y_h -> each output as the input of its name\n"
                  "Forward: h' = (1 - z) c + z h; gates as in GRU\n"
                  "Backward, a' for the derivative of an activation at its sum, 0 where clipped: "
                  "dz = dh' (h - c) z', dc = dh' (1 - z) c', dr = (dc Rh) h r', "
                  "dh = dh' z + d(zr) R + (dc Rh) r + dY of the step before; with "
                  "linear_before_reset dr = dc (Rh h + Rbh) r', dh = dh' z + d(zr) R + (dc r) Rh; "
                  "dX = d(zrc) W; dW, dR and dB add up d(zrc) x, d(zr) h and dc (r h), d(zrc) in "
                  "both halves; with linear_before_reset dc r stands for dc in dR and dRb\n"
                  "Source: Gatefold",
           .evaluate =
               [](EvaluateContext& context) { evaluate_recurrent_gradient(context, GruCell{}); }}),
  };
}

}  // namespace gatefold::ops
