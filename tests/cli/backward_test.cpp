#include <gtest/gtest.h>

#include "tests/cli/cli.h"

namespace gatefold::test {
namespace {

class CliBackward : public Cli {
 protected:
  void write_model(const std::string& graph) const {
    write("m.onnxtxt", "<ir_version: 8, opset_import: [\"\" : 17]>\n" + graph);
  }
  /// What the backward graph of m.onnxtxt computes.
  std::string computed(const std::string& options, const std::string& inputs) const {
    const CommandResult made = gatefold("backward m.onnxtxt -o b.onnxtxt " + options);
    EXPECT_EQ(made.errors, "");
    EXPECT_EQ(made.output, "wrote b.onnxtxt\n");
    const CommandResult result = gatefold("run b.onnxtxt " + inputs);
    EXPECT_EQ(result.errors, "");
    return result.output;
  }
  std::string complaint(const std::string& options) const {
    const CommandResult result = gatefold("backward m.onnxtxt " + options);
    EXPECT_EQ(result.exit_code, 2) << options;
    EXPECT_TRUE(is_complaint(result.errors));
    return result.errors;
  }
};

// J = 3 (a + b c).
TEST_F(CliBackward, DifferentiatesANumberByWeightsAndInputs) {
  write_model(
      "g (float[1] a, float[1] b) => (float[1] J) <float[1] c = {2}, float[1] three = {3}>\n"
      "{ p = Mul (b, c) s = Add (a, p) J = Mul (three, s) }");
  EXPECT_EQ(computed("", "--input a=5 --input b=4"),
            "J float[1]\n  39\nc_grad float[1]\n  12\nthree_grad float[1]\n  13\n"
            "a_grad float[1]\n  3\nb_grad float[1]\n  6\n");
  const CommandResult shown = gatefold("backward m.onnxtxt");
  EXPECT_TRUE(contains(shown.output, "b_grad = Mul (three, c)"));
}

TEST_F(CliBackward, LeavesTheGradientByATensorOpen) {
  write_model("g (float[3] x) => (float[3] y) { y = Mul (x, x) }");
  EXPECT_EQ(computed("", "--input x=1,2,3 --input y_grad=1,10,0.5"),
            "y float[3]\n  1  4  9\nx_grad float[3]\n   2  40   3\n");
}

// The mean of (1 - 0)^2 and (4 - 1)^2.
TEST_F(CliBackward, DifferentiatesALoss) {
  write_model("g (float[n] x) => (float[n] y) { y = Mul (x, x) }");
  EXPECT_EQ(computed("--loss mse --dim n=2", "--input x=1,2 --input target=0,1"),
            "loss float[]\n  5\nx_grad float[2]\n   2  12\n");
}

TEST_F(CliBackward, ChangesRowsThatAreLookedUpAndNoPadding) {
  write_model(
      "g (int64[n] i) => (float[n,2] y) <float[4,2] table = {1, 2, 3, 4, 5, 6, 7, 8}>\n"
      "{ y = Gather (table, i) }");
  EXPECT_TRUE(ends_with(computed("", "--input i=0,2,2 --input y_grad=1 --dim n=3"),
                        "table_grad float[4,2]\n  1  1\n  0  0\n  2  2\n  0  0\n"));
  EXPECT_TRUE(
      ends_with(computed("--padding table=-2", "--input i=0,2,2 --input y_grad=1 --dim n=3"),
                "table_grad float[4,2]\n  1  1\n  0  0\n  0  0\n  0  0\n"));
}

TEST_F(CliBackward, ExplainsWhatIsWrong) {
  write_model("g (float[2] x) => (float[2] y) <float[2] w = {1, 2}> { y = Mul (x, w) }");
  EXPECT_TRUE(contains(complaint("--padding w"), "'w' does not have the form NAME=INDEX"));
  EXPECT_TRUE(contains(complaint("--padding w=2"), "table 'w' is float[2]; it has no row 2"));
  EXPECT_TRUE(contains(complaint("--padding v=0"), "the model has no table 'v'"));
  EXPECT_TRUE(contains(complaint("--loss best"), "best"));
  write_model("g (int64[2] x) => (int64[2] y) { y = Add (x, x) }");
  EXPECT_TRUE(contains(complaint(""), "no parameter and no floating-point input"));
  write_model("g (float[2] x) => (int64[2] y) { y = Cast <to = 7> (x) }");
  EXPECT_TRUE(contains(complaint(""), "no floating-point output to differentiate"));
}

}  // namespace
}  // namespace gatefold::test
