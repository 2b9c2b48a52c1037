#include "ir/ops/ops.h"
#include "ir/ops/recurrent_evaluate.h"

namespace gatefold::ops {
namespace {

struct GruStep {
  template <typename Float>
  void operator()(const DirectionWeights<Float>& weights, const Float* x,
                  RecurrentState<Float>& state) const {
    const std::int64_t H = weights.hidden_size();
    const std::vector<Float> last = state.h;
    std::vector<Float> z(H), r(H), reset(H);
    for (std::int64_t j = 0; j < H; ++j) {
      z[j] = weights.activate(0, weights.from_input('z', j, x) + weights.from_state('z', j, last));
      r[j] = weights.activate(0, weights.from_input('r', j, x) + weights.from_state('r', j, last));
      reset[j] = r[j] * last[j];
    }
    for (std::int64_t j = 0; j < H; ++j) {
      const Float recurrent = weights.attrs().linear_before_reset
                                  ? r[j] * weights.from_state('h', j, last)
                                  : weights.from_state('h', j, reset);
      const Float h = weights.activate(1, weights.from_input('h', j, x) + recurrent);
      state.h[j] = (1 - z[j]) * h + z[j] * last[j];
    }
  }
};

}  // namespace

std::vector<OpDef> gru() {
  std::vector<AttrDef> attrs = recurrent_attrs();
  attrs.push_back({"linear_before_reset", AttrDef::Kind::kInt, 0});
  return {{
      .name = kGru.op,
      .doc = "A layer of gated recurrent units.\n"
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
      .evaluate = [](EvaluateContext& context) { evaluate_recurrent(context, GruStep{}); },
  }};
}

}  // namespace gatefold::ops
