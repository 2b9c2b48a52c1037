#include "ir/ops/ops.h"
#include "ir/ops/recurrent_evaluate.h"

namespace gatefold::ops {
namespace {

struct RnnStep {
  template <typename Float>
  void operator()(const DirectionWeights<Float>& weights, const Float* x,
                  RecurrentState<Float>& state) const {
    const std::vector<Float> last = state.h;
    for (std::int64_t j = 0; j < weights.hidden_size(); ++j) {
      state.h[j] =
          weights.activate(0, weights.from_input('i', j, x) + weights.from_state('i', j, last));
    }
  }
};

}  // namespace

std::vector<OpDef> rnn() {
  return {{
      .name = kRnn.op,
      .doc = "A layer of simple recurrent units.\n"
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
      .evaluate = [](EvaluateContext& context) { evaluate_recurrent(context, RnnStep{}); },
  }};
}

}  // namespace gatefold::ops
