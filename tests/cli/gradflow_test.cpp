#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/cli/cli.h"

namespace gatefold::test {
namespace {

class CliGradflow : public Cli {
 protected:
  /// h' = x + R h over five steps, of which the last h is judged; data.npz holds two steps of data.
  void write_model(const std::string& R, const std::string& direction = "forward") const {
    write("model.onnxtxt",
          "<ir_version: 8, opset_import: [\"\" : 17]>\n"
          "g (float[5,1,1] x) => (float[1,1,1] y)\n"
          "<float[1,1,1] W = {1}, float[1,1,1] R = {" +
              R +
              "}>\n"
              "{ Y, y = RNN <hidden_size = 1, activations = [\"Affine\"], activation_alpha = "
              "[1.0], activation_beta = [0.0], direction = \"" +
              direction + "\"> (x, W, R) }");
    write("data.onnxtxt",
          "<ir_version: 8, opset_import: [\"\" : 17]>\n"
          "g (float[2,5,1,1] a, float[2,1,1,1] b) => (float[2,5,1,1] x, float[2,1,1,1] target)\n"
          "{ x = Identity (a) target = Identity (b) }");
    ASSERT_EQ(gatefold("run data.onnxtxt --random 1 --output . --format npz").exit_code, 0);
  }
  CommandResult gradflow(const std::string& options) const {
    return gatefold("gradflow model.onnxtxt --loss mse --data outputs.npz " + options);
  }
};

TEST_F(CliGradflow, TellsTheNormOfEveryStep) {
  write_model("0.5");
  const CommandResult result = gradflow("--json");
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  const auto json = nlohmann::json::parse(result.output);
  ASSERT_EQ(json["layers"].size(), 1);
  const auto& layer = json["layers"][0];
  EXPECT_EQ(layer["operator"], "RNN");
  EXPECT_EQ(layer["direction"], "forward");
  EXPECT_NEAR(layer["factor_per_step"].get<double>(), 0.5, 1e-6);
  const std::vector<double> norms = layer["norms"];
  ASSERT_EQ(norms.size(), 5);
  for (std::size_t t = 0; t < 4; ++t) EXPECT_NEAR(norms[t], norms[t + 1] / 2, 1e-6);
  // The loss is (y - target)^2, so that its slope tells itself.
  EXPECT_NEAR(norms[4], 2 * std::sqrt(json["loss"].get<double>()), 1e-5);
  ASSERT_EQ(json["parameters"].size(), 2);
  EXPECT_EQ(json["parameters"][1]["name"], "R");
  EXPECT_GT(json["parameters"][1]["norm"], 0);
}

TEST_F(CliGradflow, SaysWhatVanishesAndWhatExplodes) {
  write_model("0.5");
  EXPECT_TRUE(contains(gradflow("").output, "0.500  vanishing"));
  write_model("2", "reverse");
  EXPECT_TRUE(contains(gradflow("").output, "2.000  exploding"));
  write_model("1");
  const CommandResult result = gradflow("");
  EXPECT_FALSE(contains(result.output, "vanishing"));
  EXPECT_FALSE(contains(result.output, "exploding"));
}

TEST_F(CliGradflow, TakesTheStepAskedFor) {
  write_model("0.5");
  EXPECT_NE(gradflow("--step 1").output, gradflow("--step 0").output);
  const CommandResult result = gradflow("--step 2");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(is_complaint(result.errors));
  EXPECT_TRUE(contains(result.errors, "array 'x' has no step 2, only 2"));
}

TEST_F(CliGradflow, DrawsTheNorms) {
  write_model("0.5");
  ASSERT_EQ(gradflow("--svg flow.svg").exit_code, 0);
  const std::string svg = read("flow.svg");
  EXPECT_TRUE(starts_with(svg, "<svg xmlns="));
  EXPECT_TRUE(ends_with(svg, "</svg>\n"));
  EXPECT_TRUE(contains(svg, "<path d=\"M70.0"));
  EXPECT_TRUE(contains(svg, "RNN "));
}

TEST_F(CliGradflow, ExplainsWhatIsWrong) {
  write_model("0.5");
  const CommandResult no_data = gatefold("gradflow model.onnxtxt --loss mse");
  EXPECT_EQ(no_data.exit_code, 2);
  EXPECT_TRUE(contains(no_data.errors, "--data is required"));
  write("data.onnxtxt",
        "<ir_version: 8, opset_import: [\"\" : 17]>\n"
        "g (float[5,1,1] a) => (float[5,1,1] x) { x = Identity (a) }");
  ASSERT_EQ(gatefold("run data.onnxtxt --random 1 --output . --format npz").exit_code, 0);
  const CommandResult no_target = gradflow("");
  EXPECT_EQ(no_target.exit_code, 2);
  EXPECT_TRUE(contains(no_target.errors, "'outputs.npz' has no array 'target'"));
}

}  // namespace
}  // namespace gatefold::test
