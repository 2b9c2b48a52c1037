#include "ir/ops/ops.h"
#include "ir/ops/recurrent_evaluate.h"

namespace gatefold::ops {
namespace {

struct LstmStep {
  template <typename Float>
  void operator()(const DirectionWeights<Float>& weights, const Float* x,
                  RecurrentState<Float>& state) const {
    const RecurrentState<Float> last = state;
    const auto gate_sum = [&](char gate, std::int64_t j) {
      return weights.from_input(gate, j, x) + weights.from_state(gate, j, last.h);
    };
    for (std::int64_t j = 0; j < weights.hidden_size(); ++j) {
      const Float i = weights.activate(0, gate_sum('i', j) + weights.peephole('i', j) * last.c[j]);
      const Float f =
          weights.attrs().input_forget
              ? 1 - i
              : weights.activate(0, gate_sum('f', j) + weights.peephole('f', j) * last.c[j]);
      const Float c = weights.activate(1, gate_sum('c', j));
      state.c[j] = f * last.c[j] + i * c;
      const Float o = weights.activate(0, gate_sum('o', j) + weights.peephole('o', j) * state.c[j]);
      state.h[j] = o * weights.activate(2, state.c[j]);
    }
  }
};

}  // namespace

std::vector<OpDef> lstm() {
  std::vector<AttrDef> attrs = recurrent_attrs();
  attrs.push_back({"input_forget", AttrDef::Kind::kInt, 0});
  return {{
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
      .evaluate = [](EvaluateContext& context) { evaluate_recurrent(context, LstmStep{}); },
  }};
}

}  // namespace gatefold::ops
