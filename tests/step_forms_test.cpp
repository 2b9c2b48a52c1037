#include "passes/recurrence/step_forms.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/element_reading.h"

namespace gatefold::test {
namespace {

/// Nodes that compute h2 and, for an LSTM, c2; and the roles that must be found, or a part of the
/// reason why there are none.
struct StepCase {
  const char* name;
  const char* nodes;
  const char* roles;
};

std::string text_of(const Activation& activation) {
  std::string text(activation.def->name);
  if (activation.def->alpha) text += fmt::format(" {:.4g}", activation.alpha);
  if (activation.def->beta) text += fmt::format(" {:.4g}", activation.beta);
  return text;
}

std::string text_of(const GateRole& gate, const ElementReading& reading) {
  std::string text =
      fmt::format("{} ({} {}", text_of(gate.activation), gate.scale, reading.name_of(gate.sum));
  if (gate.peephole != ElementFunction::kNone) {
    text += fmt::format(" + {} {}", gate.peephole_scale, reading.name_of(gate.peephole));
  }
  return text + ")";
}

std::string clip_text(std::optional<float> clip) {
  return clip ? fmt::format(", clip {}", *clip) : "";
}

std::string text_of(const LstmRoles& roles, const ElementReading& reading) {
  const std::string forget = roles.forget ? text_of(*roles.forget, reading) : "-";
  return fmt::format("c = {}, i = {}, f = {}, g = {}, o = {}, h = {}{}",
                     reading.name_of(roles.cell), text_of(roles.input, reading), forget,
                     text_of(roles.candidate, reading), text_of(roles.output, reading),
                     text_of(roles.squash), clip_text(roles.clip));
}

std::string text_of(const GruRoles& roles, const ElementReading& reading) {
  std::string text = fmt::format("h = {}, z = {}, n = {}", reading.name_of(roles.hidden),
                                 text_of(roles.update, reading), text_of(roles.candidate, reading));
  if (roles.reset) {
    text += fmt::format(", r = {} of {} {}", text_of(*roles.reset, reading), roles.state_scale,
                        reading.name_of(roles.state_sum));
  }
  return text + clip_text(roles.clip);
}

std::string text_of(const RnnRoles& roles, const ElementReading& reading) {
  return text_of(roles.gate, reading) + clip_text(roles.clip);
}

std::string text_of(const ResetRoles& roles, const ElementReading& reading) {
  return fmt::format("r = {}, h = {}{}", text_of(roles.reset, reading),
                     reading.name_of(roles.hidden), clip_text(roles.clip));
}

class Steps : public testing::TestWithParam<StepCase> {
 protected:
  void expect(const std::string& text) const {
    const std::string expected = GetParam().roles;
    if (text.starts_with("no: ")) {
      EXPECT_NE(text.find(expected), std::string::npos) << text << "\nexpected: " << expected;
    } else {
      EXPECT_EQ(text, expected);
    }
  }
  template <typename Match>
  void expect_match(Match match, bool training = false) const {
    ElementReading reading(GetParam().nodes, "h2");
    StepForms forms(training);
    std::string reason = "no reason";
    const auto roles = match(forms, reading, [&](const std::string& text) { reason = text; });
    expect(roles ? text_of(*roles, reading) : "no: " + reason);
  }
};

std::string name_of(const testing::TestParamInfo<StepCase>& info) { return info.param.name; }

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
     "no:"},
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
    {"OddPoint",
     "is_one = Equal (si, one) v = Sigmoid (si) i = Where (is_one, two, v) f = Sigmoid (sf) g = "
     "Tanh (sg) o = Sigmoid (so) " CELL HIDDEN,
     "instead of"},
};

TEST_P(LstmSteps, RolesAreFound) {
  expect_match([](StepForms& forms, ElementReading& reading, const Why& why) {
    const ElementFunction::Id cells[] = {reading["c2"]};
    return forms.match_lstm(reading.function(), reading["h2"], cells, why);
  });
}
INSTANTIATE_TEST_SUITE_P(All, LstmSteps, testing::ValuesIn(kLstmCases), name_of);

#define GRU "h = h, z = Sigmoid (1 s), n = Tanh (1 sx)"
#define UPDATE "z = Sigmoid (s) n = Tanh (sx) "

class GruSteps : public Steps {};
const StepCase kGruCases[] = {
    {"Plain", UPDATE "k = Sub (one, z) a = Mul (z, h) b = Mul (k, n) h2 = Add (a, b)", GRU},
    {"Torch", UPDATE "d = Sub (h, n) a = Mul (z, d) h2 = Add (n, a)", GRU},
    {"FromTheState", UPDATE "d = Sub (n, h) k = Sub (one, z) a = Mul (k, d) h2 = Add (a, h)", GRU},
    {"Subtracted", UPDATE "d = Sub (h, n) k = Sub (one, z) a = Mul (k, d) h2 = Sub (h, a)", GRU},
    {"OtherSign", UPDATE "k = Sub (one, z) a = Mul (z, n) b = Mul (k, h) h2 = Add (a, b)",
     "h = h, z = Sigmoid (-1 s), n = Tanh (1 sx)"},
    {"OtherSignFromTheState", UPDATE "d = Sub (n, h) a = Mul (z, d) h2 = Add (h, a)",
     "h = h, z = Sigmoid (-1 s), n = Tanh (1 sx)"},
    {"NegatedUpdate",
     "m = Neg (s) z = Sigmoid (m) n = Tanh (sx) d = Sub (n, h) a = Mul (z, d) h2 = Add (h, a)",
     GRU},
    {"MultipliedOut", UPDATE "a = Mul (z, h) b = Mul (z, n) e = Sub (n, b) h2 = Add (a, e)", GRU},
    {"ResetAfter",
     "z = Sigmoid (s) r = Sigmoid (si) a = Mul (r, sh) u = Add (sx, a) n = Tanh (u) d = Sub (h, n) "
     "e = Mul (z, d) h2 = Add (n, e)",
     GRU ", r = Sigmoid (1 si) of 1 sh"},
    {"ResetAfterNegated",
     "z = Sigmoid (s) m = Neg (si) q = Sigmoid (m) r = Sub (one, q) k = Mul (sh, two) a = Mul (k, "
     "r) u = Sub (a, sx) v = Neg (u) w = Mul (v, two) x = Sigmoid (w) y = Mul (x, two) n = Sub (y, "
     "one) d = Sub (h, n) e = Mul (z, d) h2 = Add (n, e)",
     GRU ", r = Sigmoid (1 si) of -2 sh"},
    {"FirstStep", UPDATE "k = Sub (one, z) h2 = Mul (k, n)",
     "h = -, z = Sigmoid (1 s), n = Tanh (1 sx)"},
    {"FirstStepOfOtherSign", UPDATE "h2 = Mul (n, z)",
     "h = -, z = Sigmoid (-1 s), n = Tanh (1 sx)"},
    {"FirstStepResetAfter",
     "z = Sigmoid (s) r = Sigmoid (si) a = Mul (r, p) u = Add (sx, a) n = Tanh (u) e = Mul (z, n) "
     "h2 = Sub (n, e)",
     "h = -, z = Sigmoid (1 s), n = Tanh (1 sx), r = Sigmoid (1 si) of 1 p"},
    {"HardUpdate",
     "z = HardSigmoid (s) n = Relu (sx) d = Sub (n, h) a = Mul (z, d) h2 = Add (h, a)",
     "h = h, z = HardSigmoid 0.2 0.5 (-1 s), n = Relu (1 sx)"},
    {"Clipped",
     "a = Clip (s, minus_three, three) z = Sigmoid (a) b = Clip (sx, minus_three, three) n = Tanh "
     "(b) d = Sub (h, n) e = Mul (z, d) h2 = Add (n, e)",
     GRU ", clip 3"},
    {"Zoneout",
     UPDATE "d = Sub (h, n) a = Mul (z, d) m = Add (n, a) x = Mul (nine_tenths, m) y = Mul (tenth, "
            "h) h2 = Add (x, y)",
     "no gates make it z * h + (1 - z) * n"},
    {"ResetOfAnotherActivation",
     "z = Sigmoid (s) r = HardSigmoid (si) a = Mul (r, sh) u = Add (sx, a) n = Tanh (u) d = Sub "
     "(h, n) e = Mul (z, d) h2 = Add (n, e)",
     "one gate goes through Sigmoid"},
    {"ResetOutside",
     "z = Sigmoid (s) r = Sigmoid (si) m = Tanh (sx) n = Mul (r, m) d = Sub (h, n) e = Mul (z, d) "
     "h2 = Add (n, e)",
     "no gates make it z * h + (1 - z) * n"},
    {"ResetOfTheInputToo",
     "z = Sigmoid (s) r = Sigmoid (si) w = Add (sx, sh) u = Mul (r, w) n = Tanh (u) d = Sub (h, n) "
     "e = Mul (z, d) h2 = Add (n, e)",
     "no gates make it z * h + (1 - z) * n"},
    {"ReluOfOtherSign", "z = Relu (s) n = Tanh (sx) d = Sub (n, h) a = Mul (z, d) h2 = Add (h, a)",
     "instead of"},
    {"AlmostOne", UPDATE "k = Sub (nine_tenths, z) a = Mul (z, h) b = Mul (k, n) h2 = Add (a, b)",
     "no gates make it z * h + (1 - z) * n"},
};

TEST_P(GruSteps, RolesAreFound) {
  expect_match([](StepForms& forms, ElementReading& reading, const Why& why) {
    return forms.match_gru(reading.function(), reading["h2"], why);
  });
}
INSTANTIATE_TEST_SUITE_P(All, GruSteps, testing::ValuesIn(kGruCases), name_of);

class RnnSteps : public Steps {};
const StepCase kRnnCases[] = {
    {"Tanh", "h2 = Tanh (s)", "Tanh (1 s)"},
    {"TanhOfDouble", "d = Mul (s, two) h2 = Tanh (d)", "Tanh (2 s)"},
    {"Relu", "h2 = Max (s, zero)", "Relu (1 s)"},
    {"ReluOfClip", "h2 = Clip (s, zero)", "Relu (1 s)"},
    {"NegatedRelu", "n = Neg (s) h2 = Relu (n)", "Relu (-1 s)"},
    {"LeakyRelu", "h2 = LeakyRelu <alpha = 0.2> (s)", "LeakyRelu 0.2 (1 s)"},
    {"LeakyReluOfMax", "a = Mul (s, tenth) h2 = Max (a, s)", "LeakyRelu 0.1 (1 s)"},
    {"EluOfWhere",
     "e = Exp (s) d = Sub (e, one) is_below = Less (s, zero) h2 = Where (is_below, d, s)",
     "Elu 1 (1 s)"},
    {"Selu", "h2 = Selu <alpha = 1.0, gamma = 1.0> (s)", "Elu 1 (1 s)"},
    {"SoftplusOfPowers", "e = Exp (s) d = Add (e, one) h2 = Log (d)", "Softplus (1 s)"},
    {"Softsign", "a = Abs (s) d = Add (a, one) h2 = Div (s, d)", "Softsign (1 s)"},
    {"ThresholdedRelu", "is_below = Less (s, two) h2 = Where (is_below, zero, s)",
     "ThresholdedRelu 2 (1 s)"},
    {"Linear", "h2 = Mul (s, three)", "Affine 1 0 (3 s)"},
    {"Clipped", "k = Clip (s, minus_three, three) h2 = Tanh (k)", "Tanh (1 s), clip 3"},
    {"ThresholdedReluOperator", "h2 = ThresholdedRelu <alpha = 2.0> (s)", "instead of"},
    {"TwoSums", "a = Mul (s, sx) h2 = Tanh (a)", "no gates make it an activation of one sum"},
    {"Swish", "g = Sigmoid (s) h2 = Mul (s, g)", "no gates make it an activation of one sum"},
};

TEST_P(RnnSteps, RolesAreFound) {
  expect_match([](StepForms& forms, ElementReading& reading, const Why& why) {
    return forms.match_rnn(reading.function(), reading["h2"], why);
  });
}
INSTANTIATE_TEST_SUITE_P(All, RnnSteps, testing::ValuesIn(kRnnCases), name_of);

class ResetSteps : public Steps {};
const StepCase kResetCases[] = {
    {"Plain", "r = Sigmoid (s) h2 = Mul (r, h)", "r = Sigmoid (1 s), h = h"},
    {"FromTheRest", "m = Neg (s) k = Sigmoid (m) a = Mul (k, h) h2 = Sub (h, a)",
     "r = Sigmoid (1 s), h = h"},
    {"Clipped", "k = Clip (s, minus_three, three) r = Sigmoid (k) h2 = Mul (h, r)",
     "r = Sigmoid (1 s), h = h, clip 3"},
    {"NoState", "r = Sigmoid (s) h2 = Mul (r, sx)", "no gates make it r * h"},
    {"Shifted", "r = Sigmoid (s) a = Add (r, tiny) h2 = Mul (a, h)", "no gates make it r * h"},
};

TEST_P(ResetSteps, RolesAreFound) {
  expect_match([](StepForms& forms, ElementReading& reading, const Why& why) {
    return forms.match_reset(reading.function(), reading["h2"], why);
  });
}
INSTANTIATE_TEST_SUITE_P(All, ResetSteps, testing::ValuesIn(kResetCases), name_of);

/// With gradients that are compared, too.
class TrainedSteps : public Steps {};
const StepCase kTrainedCases[] = {
    {"Tanh", "h2 = Tanh (s)", "Tanh (1 s)"},
    {"TanhOfPowers",
     "a = Exp (s) n = Neg (s) b = Exp (n) d = Sub (a, b) e = Add (b, a) h2 = Div (d, e)",
     "Tanh (1 s)"},
    {"Relu", "h2 = Relu (s)", "Relu (1 s)"},
    {"ReluOfMax", "h2 = Max (s, zero)", "the gradient"},
    {"ReluOfClip", "h2 = Clip (s, zero)", "the gradient"},
    {"HardSigmoid", "h2 = HardSigmoid (s)", "HardSigmoid 0.2 0.5 (1 s)"},
    {"HardSigmoidOfClip", "a = Mul (s, fifth) b = Add (a, half) h2 = Clip (b, zero, one)",
     "the gradient"},
    {"LeakyRelu", "h2 = LeakyRelu <alpha = 0.2> (s)", "the gradient"},
    {"LeakyReluOfWhere", "a = Mul (s, fifth) b = Less (s, zero) h2 = Where (b, a, s)",
     "LeakyRelu 0.2 (1 s)"},
    {"Elu", "h2 = Elu (s)", "Elu 1 (1 s)"},
    {"EluOfHalf", "h2 = Elu <alpha = 0.5> (s)", "the gradient"},
    {"Softsign", "a = Abs (s) b = Add (a, one) h2 = Div (s, b)", "Softsign (1 s)"},
    {"Clipped", "a = Clip (s, minus_three, three) h2 = Tanh (a)", "Tanh (1 s), clip 3"},
    {"ClippedByMaxAndMin", "a = Max (s, minus_three) b = Min (a, three) h2 = Tanh (b)",
     "the gradient"},
};

TEST_P(TrainedSteps, RolesAreFound) {
  const auto match = [](StepForms& forms, ElementReading& reading, const Why& why) {
    return forms.match_rnn(reading.function(), reading["h2"], why);
  };
  expect_match(match, true);
}
INSTANTIATE_TEST_SUITE_P(All, TrainedSteps, testing::ValuesIn(kTrainedCases), name_of);

TEST(StepForms, EqualStepsHaveTheRolesOfTheirOwnArguments) {
  ElementFunction function;
  StepForms forms(false);
  for (int step = 0; step < 3; ++step) {
    const auto first = function.size();
    const Scalar sum(function, function.add_argument(ElementFunction::ArgumentKind::kSum));
    const Scalar next = 2.0 * (2.0 * sum).apply(ElementFunction::Operator::kSigmoid) + -1;
    const auto roles = forms.match_rnn(function, next.id(), {});
    ASSERT_TRUE(roles);
    EXPECT_EQ(roles->gate.activation.def->name, "Tanh");
    EXPECT_EQ(roles->gate.sum, sum.id());
    EXPECT_GE(roles->gate.sum, first);
  }
}

}  // namespace
}  // namespace gatefold::test
