#include <gtest/gtest.h>

#include "frontend/onnx_reader.h"
#include "tests/gradients/gradient_check.h"
#include "tests/ops/op_case.h"

/// Operators that are differentiated as formulas, with inputs that have to do with one another.
namespace gatefold::test {
namespace {

void expect_gradients(const std::string& text) {
  const OpCase op_case{.name = "graph", .graph = text};
  const Model model = parse_model(text, "graph");
  const GradientCheck check = check_gradients(text, inputs_of(op_case, *model.graph));
  EXPECT_EQ(check.failures, "");
  EXPECT_TRUE(check.has_nonzero);
}

TEST(FormulaGradients, OfAValueThatIsEveryInput) {
  expect_gradients("g (float[1,2,3,4] x) => (float[a,b,c,d] y) { y = Attention (x, x, x) }");
}

TEST(FormulaGradients, OfAValueThatIsTwoOfTheInputs) {
  expect_gradients(
      "g (float[2,3] x, float[3] s) => (float[a,b] y) { y = LayerNormalization (x, s, s) }");
}

TEST(FormulaGradients, OfAnInputThatIsComputedFromAnother) {
  expect_gradients(
      "g (float[1,2,3,4] x, float[1,2,3,4] w) => (float[a,b,c,d] y) "
      "{ z = Sin (x) y = Attention (x, z, w) }");
}

TEST(FormulaGradients, OfANormalizationWhoseScaleComesFromItsInput) {
  expect_gradients(
      "g (float[3,3] x) => (float[a,b] y) <int64[1] rows = {0}> "
      "{ s = ReduceMean <keepdims = 0> (x, rows) y = LayerNormalization (x, s) }");
}

}  // namespace
}  // namespace gatefold::test
