#include <gtest/gtest.h>

#include "frontend/onnx_reader.h"
#include "ir/error.h"
#include "passes/gradients/gradients.h"

namespace gatefold::test {
namespace {

/// What the attempt to differentiate the first output by all float inputs says.
std::string refusal(const std::string& text) {
  const Model model = parse_model(text, "graph");
  std::vector<Value*> targets;
  for (Value* input : model.graph->inputs()) {
    if (is_float(input->type().dtype)) targets.push_back(input);
  }
  try {
    add_gradients(*model.graph, *model.graph->outputs()[0].value, nullptr, targets);
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing";
}

TEST(GradientRefusal, NamesThePathFromTheTargetToTheOperator) {
  EXPECT_EQ(refusal(R"(
              g (float[3,3] w, float[3,3] x) => (float y) {
                h = MatMul (w, w)
                t = Tanh (h)
                y = Det (t)
              })"),
            "node of output 'y' (Det) cannot be differentiated: it has no gradient rule; the "
            "gradient of 'w' needs it on the path node of output 'h' (MatMul) -> node of output "
            "'t' (Tanh) -> node of output 'y' (Det); freeze 'w' or take the node out of the path");
}

// What the body returns has more axes than the state that it began with.
TEST(GradientRefusal, AcceptsAStateWhoseRankGrows) {
  EXPECT_EQ(refusal(R"(
              g (float h0, float[4,3] x) => (float[3] h) {
                h = Scan (h0, x) <
                  num_scan_inputs = 1,
                  body = body (float hp, float[3] xt) => (float[3] hn) { hn = Mul (hp, xt) }>
              })"),
            "nothing");
}

TEST(GradientRefusal, NamesTheLoopAroundTheOperator) {
  const std::string message = refusal(R"(
    g (int64 trips, float[3,3] x) => (float[3,3] y) {
      y = Loop (trips, , x) <
        body = step (int64 i, bool go, float[3,3] h) => (bool go_on, float[3,3] next) {
          go_on = Identity (go)
          d = Det (h)
          next = Mul (h, d)
        }>
    })");
  EXPECT_EQ(message.find("in a sub-graph of node of output 'y' (Loop): node of output 'd' (Det) "
                         "cannot be differentiated"),
            0)
      << message;
}

TEST(GradientRefusal, OfRandomNumbersDrawnOnceMore) {
  const std::string message = refusal(R"(
    g (bool c, float[3] x, float ratio, bool training) => (float[3] y) {
      y = If (c) <
        then_branch = t () => (float[3] a) { a = Dropout (x, ratio, training) },
        else_branch = e () => (float[3] b) { b = Identity (x) }>
    })");
  EXPECT_NE(message.find("(Dropout) draws random numbers there"), std::string::npos) << message;
}

// The operator is not on the way from a target to the output.
TEST(GradientRefusal, IsNotMadeOffThePath) {
  EXPECT_EQ(refusal(R"(
              g (float[3] x, int64 n) => (float[3] y, float d) {
                square = Constant <value = float[2,2] {1, 2, 3, 4}> ()
                d = Det (square)
                y = Mul (x, d)
              })"),
            "nothing");
}

}  // namespace
}  // namespace gatefold::test
