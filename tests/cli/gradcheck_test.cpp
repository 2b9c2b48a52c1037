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

/// A Loop that carries lists, of which the texts say how they grow and what becomes of them.
std::string loop_over_lists(const std::string& start, const std::string& body,
                            const std::string& readers) {
  return "<ir_version: 8, opset_import: [\"\" : 17]>\n"
         "g (float[t,n,2] x, float[n,2] h0, bool[t] force) => (y)\n"
         "<float[2,2] w = {0.5, -0.25, 1.5, -1}, int64 zero = {0}, bool yes = {1}> {\n"
         "dims = Shape (x) T = Gather (dims, zero) " +
         start +
         " list, h = Loop (T, yes, start, h0) <body = step"
         "  (int64 i, bool go, p, float[n,2] hp) => (bool go_on, p_next, float[n,2] hn)"
         "  <int64 last = {-1}, int64 front = {0}> {"
         "   row = Gather (x, i) hw = MatMul (hp, w) s = Add (row, hw) " +
         body + " hn = Tanh (s) go_on = Identity (go) }> " + readers + " }";
}

// outs.append(..) in a loop, torch.stack(outs): the passes of training make tensors of the lists.
TEST_F(CliGradcheck, DifferentiatesListsThatLoopsFill) {
  const std::string empty = "start = SequenceEmpty <dtype = 1> ()";
  const std::string one = "start = SequenceConstruct (h0)";
  const std::string stack = "y = ConcatFromSequence <axis = 1, new_axis = 1> (list)";
  const std::string models[] = {
      loop_over_lists(empty, "p_next = SequenceInsert (p, s)", stack),
      loop_over_lists(empty, "p_next = SequenceInsert (p, s, front)", stack),
      loop_over_lists(one, "p_next = SequenceInsert (p, s)",
                      "y = ConcatFromSequence <axis = 0> (list)"),
      loop_over_lists(one,
                      "newest = SequenceAt (p, last) m = Mul (newest, s) "
                      "p_next = SequenceInsert (p, m)",
                      stack),
      loop_over_lists(one, "p_next = SequenceInsert (p, s)",
                      "a = SequenceAt (list, zero) minus = Constant <value = int64 {-1}> () "
                      "b = SequenceAt (list, minus) y = Mul (a, b)"),
      loop_over_lists(empty,
                      "f = Gather (force, i) p_next = If (f) <"
                      "then_branch = a () => (q) { u = Sin (s) q = SequenceInsert (p, u) },"
                      "else_branch = b () => (r) { r = SequenceInsert (p, row) }>",
                      stack),
  };
  for (const std::string& model : models) {
    write("model.onnxtxt", model);
    const CommandResult result = gatefold("gradcheck model.onnxtxt --dim t=4 --dim n=2");
    EXPECT_EQ(result.exit_code, 0) << model << '\n' << result.output << result.errors;
  }
}

TEST_F(CliGradcheck, RefusesListsThatStayLists) {
  write("model.onnxtxt", loop_over_lists("start = SequenceEmpty <dtype = 1> ()",
                                         "f = Gather (force, i) p_next = If (f) <"
                                         "then_branch = a () => (q) { q = SequenceInsert (p, s) },"
                                         "else_branch = b () => (r) { r = Identity (p) }>",
                                         "y = ConcatFromSequence <axis = 0> (list)"));
  const CommandResult result = gatefold("gradcheck model.onnxtxt --dim t=4 --dim n=2");
  EXPECT_EQ(result.exit_code, 2) << result.output;
  EXPECT_TRUE(
      contains(result.errors, "gradients flow through tensors only, not through sequences"));
}

// The loss is (2 * 3 - 4)^2: its slope by y = 2 is 4, and by w, b and x that times x, 1 and w.
TEST_F(CliGradcheck, ShowsElementsBesideDifferences) {
  write("line.onnxtxt",
        "<ir_version: 8, opset_import: [\"\" : 17]>\n"
        "g (float[1,1] x) => (float[1,1] y) <float[1,1] w = {3}, float[1] b = {-4}>\n"
        "{ p = MatMul (x, w) y = Add (p, b) }");
  write("data.onnxtxt",
        "<ir_version: 8, opset_import: [\"\" : 17]>\n"
        "g (float[1,1] a) => (float[1,1] x, float[1,1] target)\n"
        "{ x = Identity (a) target = Sub (a, a) }");
  ASSERT_EQ(gatefold("run data.onnxtxt --input a=2 --output . --format npz").exit_code, 0);
  const CommandResult result =
      gatefold("gradcheck line.onnxtxt --loss mse --data outputs.npz --elements");
  EXPECT_TRUE(starts_with(result.output,
                          "gradient by  at     value   gradient  difference\n"
                          "w            [0,0]      3   8.000000    8.000000\n"
                          "b            [0]       -4   4.000000    4.000000\n"
                          "x            [0,0]      2  12.000000   12.000000\n\n"
                          "gradient by  kind"))
      << result.output << result.errors;
}

TEST_F(CliGradcheck, TakesAProject) {
  write("line.tsv", "1\t2\n3\t5\n");
  ASSERT_EQ(gatefold("new linear line").exit_code, 0);
  ASSERT_EQ(gatefold("prepare line --text line.tsv --valid 0").exit_code, 0);
  const CommandResult result = gatefold("gradcheck line");
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_EQ(result.output,
            gatefold("gradcheck line/model.onnx --loss mse --data line/train.npz").output);
  ASSERT_EQ(gatefold("new char-lm text").exit_code, 0);
  const CommandResult text = gatefold("gradcheck text");
  EXPECT_EQ(text.exit_code, 2);
  EXPECT_TRUE(contains(text.errors, "the batches of 'text', a project of the template 'char-lm'"));
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
        {"--loss mse", "the model has no output that a loss could judge"},
        {"--loss cross_entropy", "the model has no output that a loss could judge"},
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
