#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "ir/random.h"
#include "session/arrays/npz.h"
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

TEST_F(CliGradflow, ShowsModelsSideBySide) {
  write_model("0.5");
  ASSERT_EQ(shell("cp model.onnxtxt small.onnxtxt").exit_code, 0);
  write_model("2");
  const std::string both =
      "gradflow small.onnxtxt model.onnxtxt --loss mse --data outputs.npz --svg flow.svg";
  const CommandResult result = gatefold(both);
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_TRUE(contains(result.output, "step  small.onnxtxt  model.onnxtxt\n"));
  EXPECT_TRUE(contains(result.output, "0.500  vanishing"));
  EXPECT_TRUE(contains(result.output, "2.000  exploding"));
  EXPECT_TRUE(contains(read("flow.svg"), "small.onnxtxt: RNN W"));
  const auto json = nlohmann::json::parse(gatefold(both + " --json").output);
  ASSERT_EQ(json.size(), 2);
  EXPECT_EQ(json[1]["model"], "model.onnxtxt");
  EXPECT_NEAR(json[1]["layers"][0]["factor_per_step"].get<double>(), 2, 1e-6);
}

TEST_F(CliGradflow, TakesProjects) {
  write("names.tsv", "anna\tx\nbert\ty\ncleo\tx\n");
  ASSERT_EQ(gatefold("new classifier p --rnn rnn --hidden 4").exit_code, 0);
  ASSERT_EQ(gatefold("prepare p --text names.tsv --valid 0").exit_code, 0);
  const CommandResult result = gatefold("gradflow p");
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_TRUE(contains(result.output, "layer 1  RNN rnn.weight_ih_l0  forward        4"));
}

TEST_F(CliGradflow, TakesTheStepAskedFor) {
  write_model("0.5");
  EXPECT_NE(gradflow("--step 1").output, gradflow("--step 0").output);
  const CommandResult result = gradflow("--step 2");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(is_complaint(result.errors));
  EXPECT_TRUE(contains(result.errors, "array 'x' has no step 2, only 2"));
}

Tensor random_tensor(const Dims& dims) {
  const RandomNumbers random(7);
  Tensor tensor(DataType::kFloat32, dims);
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    tensor.data<float>()[i] = static_cast<float>(random.uniform(static_cast<std::uint64_t>(i)));
  }
  return tensor;
}

/// h' = x + 0.9 h in sequences of different lengths, of which one has no step.
class CliGradflowLengths : public CliGradflow {
 protected:
  const Tensor lengths_ = Tensor::of<std::int32_t>({6}, {1, 5, 0, 2, 3, 2});

  /// The JSON of a bidirectional layer or a single one, of whose outputs `judged` is judged.
  nlohmann::json flow(const std::string& direction, std::int64_t layout, const std::string& judged,
                      const Dims& target) const {
    const std::string D = direction == "bidirectional" ? "2" : "1";
    const std::string twice = direction == "bidirectional" ? ", 0.9" : "";
    write("model.onnxtxt",
          "<ir_version: 8, opset_import: [\"\" : 17]>\n"
          "g (float[a,b,1] x, int32[6] lengths) => (float[] " +
              judged + ")\n<float[" + D + ",1,1] W = {0.9" + twice + "}, float[" + D +
              ",1,1] R = {0.9" + twice +
              "}>\n{ Y, last = RNN <hidden_size = 1, layout = " + std::to_string(layout) +
              ", activations = [\"Affine\"" + (D == "2" ? ", \"Affine\"" : "") +
              "], activation_alpha = [1.0" + (D == "2" ? ", 1.0" : "") + "], direction = \"" +
              direction + "\"> (x, W, R, , lengths) }");
    const Dims x = layout == 0 ? Dims{5, 6, 1} : Dims{6, 5, 1};
    write_npz(folder() / "outputs.npz",
              {{"x", random_tensor(x)}, {"lengths", lengths_}, {"target", random_tensor(target)}});
    const CommandResult result = gradflow("--json");
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    return result.exit_code == 0 ? nlohmann::json::parse(result.output)["layers"]
                                 : nlohmann::json::array();
  }
};

TEST_F(CliGradflowLengths, ArePartOfTheNorms) {
  for (const std::int64_t layout : {0, 1}) {
    for (const char* direction : {"forward", "reverse", "bidirectional"}) {
      const std::int64_t D = direction[0] == 'b' ? 2 : 1;
      const Dims last = layout == 0 ? Dims{D, 6, 1} : Dims{6, D, 1};
      const Dims all = layout == 0 ? Dims{5, D, 6, 1} : Dims{6, 5, D, 1};
      for (const auto& [judged, target] : {std::pair("last", last), std::pair("Y", all)}) {
        const nlohmann::json layers = flow(direction, layout, judged, target);
        EXPECT_EQ(layers.size(), static_cast<std::size_t>(D));
        for (const auto& layer : layers) {
          EXPECT_NEAR(layer["factor_per_step"].get<double>(), 0.9, 1e-5)
              << direction << ' ' << layout << ' ' << judged;
          EXPECT_EQ(layer["norms"].size(), 5U);
        }
      }
    }
  }
}

TEST_F(CliGradflowLengths, AlignSequencesWhereTheirGradientsBegin) {
  flow("forward", 0, "last", {1, 6, 1});
  // The same slope at the end of each, so that the norms are those of one sequence.
  write_npz(folder() / "outputs.npz",
            {{"x", Tensor(DataType::kFloat32, {5, 6, 1})},
             {"lengths", lengths_},
             {"target", Tensor::of<float>({1, 6, 1}, {1, 1, 1, 1, 1, 1})}});
  const auto json = nlohmann::json::parse(gradflow("--json").output);
  const std::vector<double> norms = json["layers"][0]["norms"];
  for (std::size_t t = 0; t < 4; ++t) EXPECT_NEAR(norms[t], 0.9 * norms[t + 1], 1e-6);
  const CommandResult table = gradflow("--svg flow.svg");
  EXPECT_TRUE(contains(table.output, "0.900"));
  EXPECT_FALSE(contains(table.output, "exploding"));
  EXPECT_TRUE(contains(read("flow.svg"), "<path d=\"M70.0"));
}

TEST_F(CliGradflow, LeavesOutPaddedTargets) {
  write("model.onnxtxt",
        "<ir_version: 8, opset_import: [\"\" : 17]>\n"
        "g (float[5,3,1] x) => (float[5,3,2] y)\n"
        "<float[1,2,1] W = {1, -1}, float[1,2,2] R = {0.9, 0, 0, 0.9}, int64[1] axis = {1}>\n"
        "{ Y = RNN <hidden_size = 2, activations = [\"Affine\"], activation_alpha = [1.0]> "
        "(x, W, R)\n y = Squeeze (Y, axis) }");
  const Tensor target =
      Tensor::of<std::int64_t>({5, 3}, {1, 0, 1, -1, 1, 0, -1, 0, 1, -1, 1, -1, -1, -1, -1});
  write_npz(folder() / "outputs.npz", {{"x", random_tensor({5, 3, 1})}, {"target", target}});
  write("spec.json", R"({"loss": {"type": "cross_entropy", "ignore_index": -1}})");
  const CommandResult result =
      gatefold("gradflow model.onnxtxt --spec spec.json --data outputs.npz");
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_TRUE(contains(result.output, "0.900"));
  EXPECT_FALSE(contains(result.output, "exploding"));
}

TEST_F(CliGradflow, TellsThatNoGradientFlows) {
  write_model("0");
  EXPECT_TRUE(contains(gradflow("").output, "0.000  vanishing"));
}

TEST_F(CliGradflow, NamesTheNodeThatMadeTheFirstNan) {
  write("model.onnxtxt",
        "<ir_version: 8, opset_import: [\"\" : 17]>\n"
        "g (float[2] x) => (float[2] y) <float[2] w = {1, -1}>\n"
        "{ p = Mul (x, w)\n root = Sqrt (p)\n y = Mul (root, w) }");
  write_npz(folder() / "outputs.npz",
            {{"x", Tensor::of<float>({2}, {1, 1})}, {"target", Tensor::of<float>({2}, {1, 1})}});
  const CommandResult result = gradflow("");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(is_complaint(result.errors)) << result.errors;
  EXPECT_TRUE(contains(result.errors, "the loss is nan"));
  EXPECT_TRUE(contains(result.errors,
                       "(Sqrt) made the first nan, in 'root' float[2] (1 to 1, 1 nan), from 'p' "
                       "float[2] (-1 to 1)"));
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
