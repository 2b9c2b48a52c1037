#include "tests/step_case.h"

namespace gatefold::test {
namespace {

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
    return forms.match<GruRoles>(reading.function(), {reading["h2"]}, why);
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
    return forms.match<RnnRoles>(reading.function(), {reading["h2"]}, why);
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
    return forms.match<ResetRoles>(reading.function(), {reading["h2"]}, why);
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
    {"LeakyRelu", "h2 = LeakyRelu <alpha = 0.2> (s)", "LeakyRelu 0.2 (1 s)"},
    {"LeakyReluOfWhere", "a = Mul (s, fifth) b = Less (zero, s) h2 = Where (b, s, a)",
     "LeakyRelu 0.2 (1 s)"},
    {"LeakyReluSteepAtZero", "a = Mul (s, fifth) b = Less (s, zero) h2 = Where (b, a, s)",
     "the gradient"},
    {"Elu", "h2 = Elu (s)", "Elu 1 (1 s)"},
    {"EluOfHalf", "h2 = Elu <alpha = 0.5> (s)", "Elu 0.5 (1 s)"},
    {"Softsign", "a = Abs (s) b = Add (a, one) h2 = Div (s, b)", "Softsign (1 s)"},
    {"Clipped", "a = Clip (s, minus_three, three) h2 = Tanh (a)", "Tanh (1 s), clip 3"},
    {"ClippedByMaxAndMin", "a = Max (s, minus_three) b = Min (a, three) h2 = Tanh (b)",
     "the gradient"},
};

TEST_P(TrainedSteps, RolesAreFound) {
  const auto match = [](StepForms& forms, ElementReading& reading, const Why& why) {
    return forms.match<RnnRoles>(reading.function(), {reading["h2"]}, why);
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
    const auto roles = forms.match<RnnRoles>(function, {next.id()}, {});
    ASSERT_TRUE(roles);
    EXPECT_EQ(roles->gate.activation.def->name, "Tanh");
    EXPECT_EQ(roles->gate.sum, sum.id());
    EXPECT_GE(roles->gate.sum, first);
  }
}

}  // namespace
}  // namespace gatefold::test
