#include "tests/step_case.h"

namespace gatefold::test {
namespace {

#define GATES "i = Sigmoid (si) f = Sigmoid (sf) g = Tanh (sg) o = Sigmoid (so) "
#define CELL "fc = Mul (f, c) ig = Mul (i, g) c2 = Add (fc, ig) "
#define HIDDEN "t = Tanh (c2) h2 = Mul (o, t)"
#define LSTM \
  "c = c, i = Sigmoid (1 si), f = Sigmoid (1 sf), g = Tanh (1 sg), o = Sigmoid (1 so), h = Tanh"

class LstmSteps : public Steps {};
const StepCase kLstmCases[] = {
    {"Plain", GATES CELL HIDDEN, LSTM},
    {"OtherOrder",
     GATES "fc = Mul (c, f) ig = Mul (g, i) c2 = Add (ig, fc) t = Tanh (c2) h2 = Mul (t, o)", LSTM},
    {"SigmoidOfPowers",
     "ni = Neg (si) ei = Exp (ni) di = Add (one, ei) i = Div (one, di) ef = Exp (sf) df = Add (ef, "
     "one) f = Div (ef, df) "
     "g = Tanh (sg) po2 = Mul (so, minus_one) eo = Exp (po2) do = Add (eo, one) o = Pow (do, "
     "minus_one) " CELL HIDDEN,
     LSTM},
    {"SigmoidOfTanh",
     "hi = Div (si, two) ti = Tanh (hi) ai = Add (ti, one) i = Mul (half, ai) hf = Mul (sf, half) "
     "tf = Tanh (hf) bf = Mul (tf, half) f = Add (bf, half) "
     "g = Tanh (sg) no = Neg (so) uo = Sigmoid (no) o = Sub (one, uo) " CELL HIDDEN,
     LSTM},
    {"TanhOfSigmoids",
     "i = Sigmoid (si) f = Sigmoid (sf) o = Sigmoid (so) dg = Add (sg, sg) vg = Sigmoid (dg) wg = "
     "Mul (two, vg) g = Sub (wg, one) " CELL "dc = Mul (c2, two) ec = Exp (dc) nc = Sub (ec, one) "
     "mc = Add (ec, one) t = Div (nc, mc) h2 = Mul (o, t)",
     LSTM},
    {"TanhOfPowers",
     "i = Sigmoid (si) f = Sigmoid (sf) o = Sigmoid (so) a = Exp (sg) n = Neg (sg) b = Exp (n) d = "
     "Sub (a, b) e = Add (b, a) g = Div (d, e) " CELL HIDDEN,
     LSTM},
    {"NegatedSums",
     "ni = Neg (si) i = Sigmoid (ni) nf = Mul (sf, minus_one) mf = Sigmoid (nf) f = Sub (one, mf) "
     "ng = Neg (sg) g = Tanh (ng) o = Sigmoid (so) " CELL HIDDEN,
     "c = c, i = Sigmoid (-1 si), f = Sigmoid (1 sf), g = Tanh (-1 sg), o = Sigmoid (1 so), h = "
     "Tanh"},
    {"ScaledSums",
     "ds = Mul (si, three) i = Sigmoid (ds) f = Sigmoid (sf) gs = Mul (sg, fifth) g = Tanh (gs) o "
     "= Sigmoid (so) " CELL HIDDEN,
     "c = c, i = Sigmoid (3 si), f = Sigmoid (1 sf), g = Tanh (0.2 sg), o = Sigmoid (1 so), h = "
     "Tanh"},
    {"Coupled", GATES "d = Sub (g, c) id = Mul (i, d) c2 = Add (c, id) " HIDDEN,
     "c = c, i = Sigmoid (1 si), f = Sigmoid (-1 si), g = Tanh (1 sg), o = Sigmoid (1 so), h = "
     "Tanh"},
    {"CoupledByForgetting", GATES "d = Sub (c, g) fd = Mul (f, d) c2 = Add (fd, g) " HIDDEN,
     "c = c, i = Sigmoid (-1 sf), f = Sigmoid (1 sf), g = Tanh (1 sg), o = Sigmoid (1 so), h = "
     "Tanh"},
    {"CoupledWithBothGates",
     GATES "k = Sub (one, i) kc = Mul (k, c) ig = Mul (i, g) c2 = Add (kc, ig) " HIDDEN,
     "c = c, i = Sigmoid (1 si), f = Sigmoid (-1 si), g = Tanh (1 sg), o = Sigmoid (1 so), h = "
     "Tanh"},
    {"Peepholes",
     "qi = Mul (pi, c) ri = Add (si, qi) i = Sigmoid (ri) qf = Mul (c, pf) rf = Add (qf, sf) f = "
     "Sigmoid (rf) g = Tanh (sg) " CELL
     "qo = Mul (po, c2) ro = Sub (so, qo) o = Sigmoid (ro) " HIDDEN,
     "c = c, i = Sigmoid (1 si + 1 pi), f = Sigmoid (1 sf + 1 pf), g = Tanh (1 sg), o = Sigmoid (1 "
     "so + -1 po), h = Tanh"},
    {"PeepholesUnderOneMinus",
     "i = Sigmoid (si) qf = Mul (c, pf) rf = Add (qf, sf) nf = Neg (rf) mf = Sigmoid (nf) f = Sub "
     "(one, mf) g = Tanh (sg) " CELL "o = Sigmoid (so) " HIDDEN,
     "c = c, i = Sigmoid (1 si), f = Sigmoid (1 sf + 1 pf), g = Tanh (1 sg), o = Sigmoid (1 so), h "
     "= Tanh"},
    {"FirstStep", GATES "c2 = Mul (i, g) " HIDDEN,
     "c = -, i = Sigmoid (1 si), f = -, g = Tanh (1 sg), o = Sigmoid (1 so), h = Tanh"},
    {"FirstStepWithOutputPeephole",
     "i = Sigmoid (si) g = Tanh (sg) c2 = Mul (g, i) qo = Mul (po, c2) ro = Add (so, qo) o = "
     "Sigmoid (ro) " HIDDEN,
     "c = -, i = Sigmoid (1 si), f = -, g = Tanh (1 sg), o = Sigmoid (1 so + 1 po), h = Tanh"},
    {"HardSigmoidOfClip",
     "mi = Mul (fifth, si) ai = Add (half, mi) i = Clip (ai, zero, one) mf = Mul (fifth, sf) af = "
     "Add (half, mf) f = Clip (af, zero, one) "
     "mo = Mul (fifth, so) ao = Add (half, mo) o = Clip (ao, zero, one) g = Tanh (sg) " CELL HIDDEN,
     "c = c, i = HardSigmoid 0.2 0.5 (1 si), f = HardSigmoid 0.2 0.5 (1 sf), g = Tanh (1 sg), o = "
     "HardSigmoid 0.2 0.5 (1 so), h = Tanh"},
    {"HardSigmoidOfManyKinds",
     "ai = Add (si, three) bi = Clip (ai, zero, six) i = Div (bi, six) af = Div (sf, six) ef = Add "
     "(af, half) uf = Min (ef, one) f = Max (uf, zero) "
     "o = HardSigmoid <alpha = 0.16666667, beta = 0.5> (so) g = Softsign (sg) " CELL
     "ac = Abs (c2) bc = Add (one, ac) t = Div (c2, bc) h2 = Mul (o, t)",
     "c = c, i = HardSigmoid 0.1667 0.5 (1 si), f = HardSigmoid 0.1667 0.5 (1 sf), g = Softsign (1 "
     "sg), o = HardSigmoid 0.1667 0.5 (1 so), h = Softsign"},
    {"HardCoupled",
     "i = HardSigmoid (si) g = Relu (sg) o = HardSigmoid (so) d = Sub (g, c) id = Mul (i, d) c2 = "
     "Add (c, id) h2 = Mul (o, c2)",
     "c = c, i = HardSigmoid 0.2 0.5 (1 si), f = HardSigmoid 0.2 0.5 (-1 si), g = Relu (1 sg), o = "
     "HardSigmoid 0.2 0.5 (1 so), h = Affine 1 0"},
    {"OtherActivations",
     "i = Softplus (si) f = Softplus (sf) o = Softplus (so) g = Elu <alpha = 0.5> (sg) " CELL
     "t = LeakyRelu <alpha = 0.3> (c2) h2 = Mul (o, t)",
     "c = c, i = Softplus (1 si), f = Softplus (1 sf), g = Elu 0.5 (1 sg), o = Softplus (1 so), h "
     "= LeakyRelu 0.3"},
    {"ScaledTanh",
     "i = Sigmoid (si) f = Sigmoid (sf) o = Sigmoid (so) hg = Mul (sg, half) tg = Tanh (hg) g = "
     "Mul (tg, three) " CELL "hc = Mul (c2, half) t = Tanh (hc) h2 = Mul (o, t)",
     "c = c, i = Sigmoid (1 si), f = Sigmoid (1 sf), g = ScaledTanh 3 0.5 (1 sg), o = Sigmoid (1 "
     "so), h = ScaledTanh 1 0.5"},
    {"LinearCandidate",
     "i = Sigmoid (si) f = Sigmoid (sf) o = Sigmoid (so) fc = Mul (f, c) ig = Mul (i, sg) c2 = Add "
     "(fc, ig) " HIDDEN,
     "c = c, i = Sigmoid (1 si), f = Sigmoid (1 sf), g = Affine 1 0 (1 sg), o = Sigmoid (1 so), h "
     "= Tanh"},
    {"Clipped",
     "ki = Clip (si, minus_three, three) i = Sigmoid (ki) kf = Clip (sf, minus_three, three) f = "
     "Sigmoid (kf) kg = Clip (sg, minus_three, three) g = Tanh (kg) "
     "ko = Clip (so, minus_three, three) o = Sigmoid (ko) " CELL
     "kc = Clip (c2, minus_three, three) t = Tanh (kc) h2 = Mul (o, t)",
     LSTM ", clip 3"},
    {"UselessClips",
     "vi = Sigmoid (si) i = Clip (vi, zero, one) f = Sigmoid (sf) tg = Tanh (sg) g = Clip (tg, "
     "minus_one, one) o = Sigmoid (so) " CELL
     "t = Tanh (c2) vh = Mul (o, t) h2 = Clip (vh, minus_one, one)",
     LSTM},
    {"GuardedSigmoid",
     "ni = Neg (si) ei = Exp (ni) di = Add (one, ei) up = Div (one, di) ef = Exp (si) df = Add "
     "(ef, one) down = Div (ef, df) is_up = Greater (si, zero) i = Where (is_up, up, down) "
     "f = Sigmoid (sf) g = Tanh (sg) o = Sigmoid (so) " CELL HIDDEN,
     LSTM},
    // What is no LSTM.
    {"GateWithOtherActivation",
     "i = Sigmoid (si) f = HardSigmoid (sf) g = Tanh (sg) o = Sigmoid (so) " CELL HIDDEN,
     "one gate goes through Sigmoid"},
    {"CellClippedFarOut",
     GATES
     "fc = Mul (f, c) ig = Mul (i, g) sum = Add (fc, ig) c2 = Clip (sum, minus_far, far) " HIDDEN,
     "no gates make it f * c + i * g"},
    {"OneGateClipped",
     "ki = Clip (si, minus_three, three) i = Sigmoid (ki) f = Sigmoid (sf) g = Tanh (sg) o = "
     "Sigmoid (so) " CELL HIDDEN,
     "instead of"},
    {"AsymmetricClip",
     "ki = Clip (si, minus_three, two) i = Sigmoid (ki) f = Sigmoid (sf) g = Tanh (sg) o = Sigmoid "
     "(so) " CELL HIDDEN,
     "no gates make it f * c + i * g"},
    {"BoundFarBelow",
     "ki = Max (si, minus_far) i = Sigmoid (ki) f = Sigmoid (sf) g = Tanh (sg) o = Sigmoid (so) fc "
     "= Mul (f, c) ig = Mul (i, g) bare = Add (fc, ig) c2 = Min (bare, far) " HIDDEN,
     "no gates make it f * c + i * g"},
    {"NeverSeenMinimum",
     GATES CELL "e = Exp (c2) w = Add (e, far) ww = Mul (w, w) www = Mul (ww, ww) q = Sub (zero, "
                "www) m = Max (q, c2) t = Tanh (m) h2 = Mul (o, t)",
     "no point was found where a comparison turns"},
    {"Zoneout",
     GATES CELL
     "t = Tanh (c2) n = Mul (o, t) a = Mul (nine_tenths, n) b = Mul (tenth, h) h2 = Add (a, b)",
     "no gates make it o * activation"},
    {"DropoutScale", GATES CELL "t = Tanh (c2) n = Mul (o, t) h2 = Mul (nine_tenths, n)",
     "no gates make it o * activation"},
    {"ScaledSquash", GATES CELL "t = Tanh (c2) u = Add (t, tiny) h2 = Mul (o, u)",
     "no gates make it o * activation"},
    {"ForgetBiasOnGate",
     "i = Sigmoid (si) vf = Sigmoid (sf) f = Add (vf, tiny) g = Tanh (sg) o = Sigmoid (so) " CELL
         HIDDEN,
     "no gates make it f * c + i * g"},
    {"PeepholeOfTheLastCell",
     "i = Sigmoid (si) f = Sigmoid (sf) g = Tanh (sg) qo = Mul (po, c) ro = Add (so, qo) o = "
     "Sigmoid (ro) " CELL HIDDEN,
     "more than a sum and a peephole"},
    {"CoupledReluGates",
     "i = Relu (si) g = Tanh (sg) o = Relu (so) d = Sub (g, c) id = Mul (i, d) c2 = Add (c, "
     "id) " HIDDEN,
     "instead of"},
    {"NotFinite",
     "l = Log (si) i = Sigmoid (l) f = Sigmoid (sf) g = Tanh (sg) o = Sigmoid (so) " CELL HIDDEN,
     "a value is"},
    {"SmallBand",
     "a = Abs (si) is_small = Less (a, tiny) v = Where (is_small, one, si) i = Sigmoid (v) f = "
     "Sigmoid (sf) g = Tanh (sg) o = Sigmoid (so) " CELL HIDDEN,
     "no gates make it f * c + i * g"},
    {"NarrowWindow",
     "e = Add (three, tiny) is_above = Greater (si, three) is_below = Less (si, e) is_in = And "
     "(is_above, is_below) v = Where (is_in, one, si) i = Sigmoid (v) f = Sigmoid (sf) g = Tanh "
     "(sg) o = Sigmoid (so) " CELL HIDDEN,
     "no point was found where"},
    {"OddPoint",
     "is_one = Equal (si, one) v = Sigmoid (si) i = Where (is_one, two, v) f = Sigmoid (sf) g = "
     "Tanh (sg) o = Sigmoid (so) " CELL HIDDEN,
     "instead of"},
};

TEST_P(LstmSteps, RolesAreFound) {
  expect_match([](StepForms& forms, ElementReading& reading, const Why& why) {
    return forms.match<LstmRoles>(reading.function(), {reading["h2"], reading["c2"]}, why);
  });
}
INSTANTIATE_TEST_SUITE_P(All, LstmSteps, testing::ValuesIn(kLstmCases), name_of);

}  // namespace
}  // namespace gatefold::test
