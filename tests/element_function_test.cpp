#include "passes/rewriting/element_function.h"

#include <gtest/gtest.h>

#include "ir/evaluate.h"
#include "passes/pipeline.h"
#include "passes/rewriting/element_values.h"
#include "tests/element_reading.h"

namespace gatefold::test {
namespace {

using Id = ElementFunction::Id;

/// Nodes that compute y of s, h and p.
class ElementOperators : public testing::TestWithParam<const char*> {};

/// The graph with the gradient of y by s, computed at the points.
std::vector<Datum> evaluate_at(const std::vector<ElementValues::Point>& points,
                               const ElementReading& reading, const std::string& nodes) {
  const auto count = static_cast<std::int64_t>(points.size());
  const Model model =
      parse_model("g (double[n] s, double[n] h, double[n] p) => (double[n] y, double[n] ds)" +
                      std::string(ElementReading::kNumbers) + "{" + nodes +
                      " ds = ai.onnx.preview.training.Gradient <xs = [\"s\"], y = \"y\"> (s) }",
                  "text");
  run_passes(*model.graph, kRequiredPipeline);
  std::vector<Datum> inputs;
  for (const char* name : {"s", "h", "p"}) {
    Tensor numbers(DataType::kFloat64, {count});
    for (std::int64_t i = 0; i < count; ++i) {
      numbers.data<double>()[i] = points[static_cast<std::size_t>(i)][reading[name]].value;
    }
    inputs.emplace_back(std::move(numbers));
  }
  return evaluate(*model.graph, inputs, Precision::kDouble);
}

TEST_P(ElementOperators, ComputeWhatTheGraphDoesAtKinksToo) {
  const ElementReading reading(GetParam(), "y");
  ElementValues values(reading.function());
  ASSERT_EQ(values.update().value_or(""), "");
  const auto expected = evaluate_at(values.points(), reading, GetParam());
  const Id y = reading["y"];
  for (std::size_t i = 0; i < values.points().size(); ++i) {
    const ElementValues::Point& point = values.points()[i];
    const auto place = static_cast<std::int64_t>(i);
    const double gradient = values.gradients(y, point)[static_cast<std::size_t>(reading["s"])];
    EXPECT_NEAR(point[y].value, std::get<Tensor>(expected[0]).number_at(place), 1e-9)
        << values.describe(point);
    EXPECT_NEAR(gradient, std::get<Tensor>(expected[1]).number_at(place), 1e-9)
        << values.describe(point);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, ElementOperators,
    testing::Values("a = Add (s, h) b = Mul (s, a) e = Sub (b, p) y = Neg (e)",
                    "a = Exp (s) b = Add (a, one) e = Reciprocal (b) y = Div (e, b)",
                    "a = Mul (s, s) b = Add (a, one) e = Sqrt (b) d = Log (e) y = Pow (d, two)",
                    "y = Sum (s, h, p, s)", "y = Mean (s, h, s)", "y = Abs (s)", "y = Sigmoid (s)",
                    "y = Tanh (s)", "y = Softplus (s)", "y = Softsign (s)", "y = Relu (s)",
                    "y = LeakyRelu <alpha = 0.25> (s)", "y = Elu <alpha = 0.5> (s)",
                    "y = Celu <alpha = 2.0> (s)", "y = Selu (s)", "y = PRelu (s, p)",
                    "y = ThresholdedRelu <alpha = 2.0> (s)",
                    "y = HardSigmoid <alpha = 0.25, beta = 0.5> (s)", "y = Max (s, h, one)",
                    "y = Min (s, half)", "y = Max (s, zero)", "y = Clip (s, minus_one, two)",
                    "y = Clip (s, half)", "y = Clip (s, , half)",
                    "a = Less (s, h) y = Where (a, s, h)",
                    "a = Greater (s, half) b = LessOrEqual (s, two) e = And (a, b) "
                    "y = Where (e, s, zero)",
                    "a = GreaterOrEqual (s, half) b = Less (h, zero) e = Or (a, b) d = Not (e) "
                    "y = Where (d, s, h)",
                    "a = GreaterOrEqual (s, half) b = Less (h, zero) e = Xor (a, b) "
                    "y = Where (e, s, h)",
                    "a = Equal (s, half) b = Cast <to = 11> (a) e = Mul (b, three) y = Add (s, e)",
                    "a = Sign (s) y = Mul (a, h)", "a = Cast <to = 9> (s) y = Where (a, s, h)",
                    "y = Identity (s)"));

/// The function of nodes whose operator is not allowed.
bool is_refused(const std::string& nodes) {
  return ElementReading(nodes, "y")["y"] == ElementFunction::kNone;
}

TEST(ElementFunction, OtherOperatorsAreRefused) {
  EXPECT_TRUE(is_refused("y = Round (s)"));
  EXPECT_TRUE(is_refused("y = RandomNormalLike (s)"));
  EXPECT_TRUE(is_refused("y = Pow (s, h)"));
  EXPECT_TRUE(is_refused("y = Softmax (s)"));
  EXPECT_TRUE(is_refused("y = Cast <to = 1> (s)"));
  EXPECT_TRUE(is_refused("a = Cast <to = 7> (s) y = Add (a, a)"));
}

TEST(ElementFunction, EqualExpressionsAreDefinedOnce) {
  const ElementReading reading("a = Sigmoid (s) b = Sigmoid (s) y = Sub (a, b)", "y");
  EXPECT_EQ(reading["a"], reading["b"]);
}

TEST(ElementFunction, NumbersAreComputed) {
  ElementFunction function;
  const Id six = function.add_sum(function.add_number(2), function.add_number(4));
  EXPECT_EQ(function.number_of(six), 6);
  const Id x = function.add_argument(ElementFunction::ArgumentKind::kSum);
  EXPECT_EQ(function.add_scaled(x, 1), x);
  EXPECT_EQ(function.number_of(function.add_scaled(x, 2)), std::nullopt);
}

/// What makes the values of the nodes no proof.
std::string fault_of(const std::string& nodes) {
  const ElementReading reading(nodes, "y");
  ElementValues values(reading.function());
  return values.update().value_or("none");
}

TEST(ElementValues, EveryComparisonIsSeenOnBothSides) {
  EXPECT_EQ(fault_of("y = Clip (s, minus_far, far)"), "none");
  EXPECT_EQ(fault_of("a = Sigmoid (s) b = Mul (a, tiny) y = Max (b, zero)"), "none");
  EXPECT_EQ(fault_of("a = Tanh (s) y = Clip (a, minus_one, one)"), "none");
  EXPECT_EQ(fault_of("a = Mul (s, s) b = Mul (a, a) e = Mul (b, b) d = Mul (e, e) y = Max (d, "
                     "minus_one)"),
            "no point was found where the bound 1 acts");
  EXPECT_EQ(fault_of("a = Greater (s, one) b = Less (s, minus_one) e = And (a, b) y = Where (e, h, "
                     "s)"),
            "no point was found where a comparison turns");
}

TEST(ElementValues, EveryValueMustBeFinite) {
  EXPECT_NE(fault_of("y = Log (s)").find("a value is -inf at sum"), std::string::npos);
}

TEST(ElementValues, ErrorsAreThoseOfTheOperators) {
  ElementReading reading("a = Exp (s) b = Sub (a, one) e = Mul (b, far) y = Add (e, far)", "y");
  const Id factor = reading.function().add_number(10000);
  const Id same = reading.function().add({ElementFunction::Operator::kMul, {factor, reading["a"]}});
  const Id other = reading.function().add_sum(same, reading.function().add_number(1e-7));
  ElementValues values(reading.function());
  ASSERT_EQ(values.update(), std::nullopt);
  EXPECT_EQ(values.difference(reading["y"], same, true), std::nullopt);
  EXPECT_NE(values.difference(reading["y"], other, false), std::nullopt);
}

}  // namespace
}  // namespace gatefold::test
