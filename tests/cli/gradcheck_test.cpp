#include <gtest/gtest.h>

#include "tests/cli/cli.h"

namespace gatefold::test {
namespace {

class CliGradcheck : public Cli {
 protected:
  /// A model with parameters w and b that delivers the given formula of z = x w + b.
  void write_model(const std::string& formula) const {
    write("model.onnxtxt",
          "<ir_version: 8, opset_import: [\"\" : 17]>\n"
          "g (float[n,2] x) => (float[n,3] y)\n"
          "<float[2,3] w = {0.5, -0.25, 1.5, -1, 0.75, 0.125}, float[3] b = {0, 0.5, -0.5},\n"
          " int64[1] axes = {1}>\n"
          "{ p = MatMul (x, w) z = Add (p, b) " +
              formula + " }");
  }
};

TEST_F(CliGradcheck, FindsRightGradientsRight) {
  write_model("y = Tanh (z)");
  const CommandResult result = gatefold("gradcheck model.onnxtxt --dim n=4");
  EXPECT_EQ(result.errors, "");
  EXPECT_EQ(result.exit_code, 0) << result.output;
  for (const char* part : {"parameter         6        6", "parameter         3        3",
                           "input             8        8"}) {
    EXPECT_TRUE(contains(result.output, part));
  }
}

TEST_F(CliGradcheck, MakesUpTargetsForALoss) {
  write_model("y = Identity (z)");
  for (const char* loss : {"cross_entropy", "mse", "l1", "huber", "bce_with_logits"}) {
    const CommandResult result =
        gatefold(std::string("gradcheck model.onnxtxt --dim n=4 --loss ") + loss);
    EXPECT_EQ(result.exit_code, 0) << loss << '\n' << result.output << result.errors;
  }
}

// The floor's slope is 0 wherever there is one, so the jumps that a large step sees are wrong.
TEST_F(CliGradcheck, TellsWrongGradients) {
  write_model("f = Floor (z) s = Tanh (z) y = Add (f, s)");
  const CommandResult result = gatefold("gradcheck model.onnxtxt --dim n=4 --step 100");
  EXPECT_EQ(result.exit_code, 1) << result.output;
  EXPECT_TRUE(contains(result.output, "WRONG"));
  EXPECT_TRUE(ends_with(result.output, "gradients are off\n"));
  const CommandResult kernels =
      gatefold("gradcheck model.onnxtxt --dim n=4 --kernel-tolerance 1e-12");
  EXPECT_EQ(kernels.exit_code, 1) << kernels.output;
  EXPECT_TRUE(contains(kernels.output, "KERNEL OFF"));
}

TEST_F(CliGradcheck, TakesInputsWithoutElements) {
  write_model("s = Add (z, b) t = ReduceSum (s) u = Tanh (b) y = Add (t, u)");
  const CommandResult result = gatefold("gradcheck model.onnxtxt --dim n=0");
  EXPECT_EQ(result.exit_code, 0) << result.output << result.errors;
  EXPECT_TRUE(contains(result.output, "input             0        0"));
}

// b[0] is 0, where the slopes on the sides of Relu are 0 and 1.
TEST_F(CliGradcheck, RaisesNoAlarmAtKinks) {
  write_model("r = Relu (b) t = Tanh (z) y = Add (r, t)");
  const CommandResult result = gatefold("gradcheck model.onnxtxt --dim n=4");
  EXPECT_EQ(result.exit_code, 0) << result.output;
}

TEST_F(CliGradcheck, ChecksSomeElementsOfLargeTensors) {
  write_model("y = Tanh (z)");
  const CommandResult result = gatefold("gradcheck model.onnxtxt --dim n=40 --samples 5");
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_TRUE(contains(result.output, "input            80        5"));
}

TEST_F(CliGradcheck, SaysWhenEveryGradientIsZero) {
  write_model("y = Floor (z)");
  const CommandResult result = gatefold("gradcheck model.onnxtxt --dim n=4");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(contains(result.output, "every gradient is zero, which tells nothing"));
}

TEST_F(CliGradcheck, ExplainsWhatIsWrong) {
  write_model("y = Tanh (z)");
  const struct {
    const char* options;
    const char* message;
  } kCases[] = {
      {"", "'n' has no size; give one with --dim n=SIZE"},
      {"--dim n=2 --loss nonsense", "unknown loss 'nonsense'; known losses: cross_entropy, "},
      {"--dim n=2 --samples 0", "--samples"},
      {"--dim n=2 --data none.npz", "none.npz"},
  };
  for (const auto& [options, message] : kCases) {
    const CommandResult result = gatefold(std::string("gradcheck model.onnxtxt ") + options);
    EXPECT_EQ(result.exit_code, 2) << options;
    EXPECT_TRUE(is_complaint(result.errors));
    EXPECT_TRUE(contains(result.errors, message)) << result.errors;
  }
}

TEST_F(CliGradcheck, SaysThatThereIsNothingToJudge) {
  const std::string header = "<ir_version: 8, opset_import: [\"\" : 17]>\n";
  for (const char* graph : {"g () => () { }", "g (float[2] x) => () { }",
                            "g (float[2] x) => () <float[2] w = {1, 2}> { y = Mul (x, w) }"}) {
    write("model.onnxtxt", header + graph);
    const struct {
      const char* options;
      const char* message;
    } kCases[] = {
        {"", "the model has no floating-point output to differentiate"},
        {"--loss mse", "loss 'mse': the model has no output that it could judge"},
        {"--loss cross_entropy", "loss 'cross_entropy': the model has no output"},
    };
    for (const auto& [options, message] : kCases) {
      const CommandResult result = gatefold(std::string("gradcheck model.onnxtxt ") + options);
      EXPECT_EQ(result.exit_code, 2) << graph << options;
      EXPECT_TRUE(is_complaint(result.errors));
      EXPECT_TRUE(contains(result.errors, message)) << result.errors;
    }
  }
}

}  // namespace
}  // namespace gatefold::test
