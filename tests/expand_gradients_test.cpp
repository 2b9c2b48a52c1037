#include <gtest/gtest.h>

#include <string>

#include "frontend/onnx_reader.h"
#include "ir/error.h"
#include "passes/pipeline.h"

namespace gatefold {
namespace {

constexpr const char* kGradient = "ai.onnx.preview.training.Gradient ";

/// What is wrong with a graph of inputs x and w.
std::string complaint(const std::string& nodes) {
  try {
    const Model model =
        parse_model("g (float[2] x, float[2] w) => (float[2] d) { " + nodes + " }", "text");
    run_passes(*model.graph, kRequiredPipeline);
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing";
}

TEST(ExpandGradients, VariablesMustBeIndependent) {
  EXPECT_EQ(complaint(std::string("h = Sin (x) y = Mul (h, w) d, e = ") + kGradient +
                      "<xs = [\"h\", \"x\"], y = \"y\"> (h, x)"),
            "pass 'expand-gradients': node of output 'd' (Gradient): 'h' is computed from another "
            "of the values that 'xs' and 'zs' name; they must be independent");
}

TEST(ExpandGradients, NothingWithoutGradientIsDifferentiated) {
  EXPECT_EQ(complaint(std::string("y = Cast <to = 7> (x) d = ") + kGradient +
                      "<xs = [\"x\"], y = \"y\"> (x)"),
            "pass 'expand-gradients': node of output 'd' (Gradient): attribute 'y' names 'y', "
            "which is int64[2] and has no gradient");
}

TEST(ExpandGradients, RecurrencesAreDifferentiatedOnce) {
  const std::string text =
      complaint(std::string("shape = Constant <value_ints = [1, 1, 2]> () X = Reshape (x, shape) "
                            "W = Constant <value = float[1,1,2] {1, 2}> () R = Constant <value = "
                            "float[1,1,1] {1}> () Y = RNN <hidden_size = 1> (X, W, R) dx = ") +
                kGradient + "<xs = [\"x\"], y = \"Y\"> (x) d = " + kGradient +
                "<xs = [\"x\"], y = \"dx\"> (x)");
  EXPECT_NE(text.find("RNNGrad) cannot be differentiated"), std::string::npos) << text;
}

TEST(ExpandGradients, CountsOfInputsAndOutputsAreThoseOfTheNames) {
  EXPECT_EQ(complaint(std::string("d = ") + kGradient + "<xs = [\"x\"], y = \"w\"> (x, w)"),
            "text: node of output 'd' (Gradient): it has 2 inputs but attributes 'xs' and 'zs' "
            "name 1 values");
}

}  // namespace
}  // namespace gatefold
