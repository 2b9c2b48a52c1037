#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "session/arrays/npz.h"
#include "tests/cli/cli.h"

namespace gatefold::test {
namespace {

// As another tool would write it: the gradient of a loss, and an optimizer of ONNX's.
constexpr const char* kForeign = R"(
<ir_version: 8, opset_import: ["" : 17, "ai.onnx.preview.training" : 1]>
line (float[n,2] x) => (float[n,1] y) <float[2,1] w = {0, 0}> { y = MatMul (x, w) }

## algorithm
# store w_new in w
# store v_new in v
# store T_next in T
fit (float[n,1] target) => (float loss, float[2,1] w_new, float[2,1] v_new, int64 T_next)
  <float[2,1] v = {0, 0}, float R = {0.1}, int64 T = {0}, int64 one = {1}> {
  error = Sub (y, target)
  square = Mul (error, error)
  loss = ReduceMean <keepdims = 0> (square)
  dw = ai.onnx.preview.training.Gradient <xs = ["w"], zs = ["x", "target"], y = "loss">
    (w, x, target)
  w_new, v_new = ai.onnx.preview.training.Momentum <alpha = 0.5, beta = 1.0, mode = "nesterov",
    norm_coefficient = 0.0> (R, T, w, dw, v)
  T_next = Add (T, one)
}
)";

constexpr const char* kSpec = R"({
  "loss": {"type": "cross_entropy"},
  "optimizer": {"type": "adam", "lr": 0.005, "weight_decay": 0.01},
  "clip_norm": 1.0
})";

class CliTrainingStages : public Cli {
 protected:
  onnx::ModelProto read_model(const std::string& name) const {
    onnx::ModelProto model;
    EXPECT_TRUE(model.ParseFromString(read(name)));
    return model;
  }

  /// The numbers of every initializer of a graph by name.
  static std::map<std::string, std::string> numbers_of(const onnx::GraphProto& graph) {
    std::map<std::string, std::string> numbers;
    for (const auto& tensor : graph.initializer()) numbers[tensor.name()] = tensor.raw_data();
    return numbers;
  }

  void write_points() const {
    const std::vector<std::pair<std::string, Tensor>> arrays{
        {"x", Tensor::of<float>({4, 2}, {1, 0, 0, 1, 1, 1, -1, 2})},
        {"target", Tensor::of<float>({4, 1}, {2, -1, 1, -4})}};
    write_npz(folder() / "points.npz", arrays);
  }
};

TEST_F(CliTrainingStages, WrittenTrainingGivesTheNumbersOfDirectTraining) {
  copy_example("char_lstm");
  write("spec.json", kSpec);
  const std::string data = " --data char_lstm/text.npz --batch-size 8 --steps 6 ";
  const CommandResult compiled =
      gatefold("compile char_lstm/model.onnx --train spec.json -o training.onnx");
  EXPECT_EQ(compiled.exit_code, 0) << compiled.errors;
  const CommandResult direct =
      gatefold("train char_lstm/model.onnx --spec spec.json -o direct.onnx" + data);
  EXPECT_EQ(direct.exit_code, 0) << direct.errors;
  const CommandResult reloaded = gatefold("train training.onnx -o reloaded.onnx" + data);
  EXPECT_EQ(reloaded.exit_code, 0) << reloaded.errors;

  const onnx::ModelProto before = read_model("training.onnx");
  const onnx::ModelProto after = read_model("reloaded.onnx");
  const auto expected = numbers_of(read_model("direct.onnx").graph());
  const auto actual = numbers_of(after.graph());
  for (const auto& [name, numbers] : expected) {
    ASSERT_TRUE(actual.contains(name)) << name;
    EXPECT_TRUE(actual.at(name) == numbers) << name;
  }
  ASSERT_EQ(after.training_info_size(), 1);
  const auto states = numbers_of(after.training_info(0).algorithm());
  EXPECT_NE(states, numbers_of(before.training_info(0).algorithm()));
  EXPECT_EQ(states.at("steps"), std::string("\0\0\0\0\0\0\x18\x40", 8));  // 6.0
}

constexpr const char* kCarrying = R"(
<ir_version: 8, opset_import: ["" : 17]>
carry (float[2,3] x, float[2,3] h0) => (float[2,3] y, float[2,3] hn)
  <float[3,3] w = {1, 2, 3, -1, -2, -3, 0.5, 1, 1.5}> {
  a = MatMul (x, w)
  b = Add (a, h0)
  hn = Tanh (b)
  y = MatMul (hn, w)
}
)";

TEST_F(CliTrainingStages, WrittenTrainingKeepsSchedulesAndCarriedStates) {
  write("carry.onnxtxt", kCarrying);
  EXPECT_EQ(gatefold("compile carry.onnxtxt --pipeline none -o carry.onnx").exit_code, 0);
  Tensor x(DataType::kFloat32, {5, 2, 3});
  for (std::int64_t i = 0; i < x.size(); ++i) {
    x.data<float>()[i] = static_cast<float>(i * 7 % 5) / 4;
  }
  write_npz(folder() / "data.npz", {{"x", x}, {"target", x}});
  for (const char* schedule :
       {R"("lr_schedule": {"type": "cosine", "warmup_steps": 2, "min_lr": 0.001})",
        R"("lr_schedule": {"type": "exponential", "gamma": 0.7}, "lr_per_step": [0.3, 0.01])",
        R"("lr_schedule": {"type": "step", "step_size": 1}, "accumulate": 2)"}) {
    write("spec.json",
          std::string(R"({"loss": {"type": "mse"}, "optimizer": {"lr": 0.07, "momentum": 0.5},
            "carried": [{"input": "h0", "output": "hn"}], "steps": 5, )") +
              schedule + "}");
    EXPECT_EQ(gatefold("compile carry.onnx --train spec.json -o t.onnx").errors, "");
    EXPECT_EQ(gatefold("train carry.onnx --spec spec.json --data data.npz -o a.onnx").errors, "");
    EXPECT_EQ(gatefold("train t.onnx --data data.npz -o b.onnx").errors, "");
    const auto direct = numbers_of(read_model("a.onnx").graph());
    EXPECT_NE(direct, numbers_of(read_model("carry.onnx").graph()));
    EXPECT_EQ(numbers_of(read_model("b.onnx").graph()), direct) << schedule;
  }
}

TEST_F(CliTrainingStages, WrittenTrainingCanBeLookedAt) {
  copy_example("char_lstm");
  write("spec.json", kSpec);
  EXPECT_EQ(gatefold("compile char_lstm/model.onnx --train spec.json -o t.onnx").exit_code, 0);
  EXPECT_TRUE(contains(gatefold("inspect t.onnx").output, "training"));
  EXPECT_TRUE(contains(gatefold("inspect t.onnx --text").output, "gatefold.LSTMGrad"));
  EXPECT_EQ(gatefold("compile t.onnx --pipeline none --emit text -o t.onnxtxt").exit_code, 0);
  EXPECT_TRUE(contains(read("t.onnxtxt"), "## algorithm"));
  const CommandResult compiled = gatefold("compile t.onnx -o inference.onnx");
  EXPECT_TRUE(contains(compiled.output, "what its file says of training is left out"));
  EXPECT_EQ(read_model("inference.onnx").training_info_size(), 0);
}

TEST_F(CliTrainingStages, ForeignTrainingLowersItsLoss) {
  write("foreign.onnxtxt", kForeign);
  write_points();
  EXPECT_EQ(gatefold("compile foreign.onnxtxt --pipeline none -o foreign.onnx").exit_code, 0);
  const CommandResult result = gatefold(
      "train foreign.onnx --data points.npz --batch-size 4 --epochs 60 --log log.jsonl -o "
      "out.onnx");
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  const auto numbers = numbers_of(read_model("out.onnx").graph()).at("w");
  std::vector<float> w(2);
  ASSERT_EQ(numbers.size(), sizeof(float) * 2);
  std::memcpy(w.data(), numbers.data(), numbers.size());
  EXPECT_NEAR(w[0], 2, 0.05);
  EXPECT_NEAR(w[1], -1, 0.05);
}

TEST_F(CliTrainingStages, StoresWhatNobodyReads) {
  std::string model = kForeign;
  const auto insert = [&model](const char* before, const char* text) {
    model.insert(model.find(before), text);
  };
  insert("# store w_new", "# store kept in last\n");
  insert("int64 T_next)", "float kept, ");
  insert("float R = {0.1}", "float last = {-1}, ");
  insert("  T_next = Add", "  kept = Identity (loss)\n");
  write("keeping.onnxtxt", model);
  write_points();
  EXPECT_EQ(gatefold("compile keeping.onnxtxt --pipeline none -o keeping.onnx").exit_code, 0);
  const CommandResult result =
      gatefold("train keeping.onnx --data points.npz --batch-size 4 --steps 2 -o out.onnx");
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  const std::string numbers =
      numbers_of(read_model("out.onnx").training_info(0).algorithm()).at("last");
  float last = 0;
  ASSERT_EQ(numbers.size(), sizeof(last));
  std::memcpy(&last, numbers.data(), sizeof(last));
  EXPECT_GT(last, 0);
}

TEST_F(CliTrainingStages, RefusesWhatContradictsThem) {
  write("foreign.onnxtxt", kForeign);
  write_points();
  for (const char* option : {"--optimizer adam", "--keep best", "--freeze '*'", "--dry-run"}) {
    const CommandResult result =
        gatefold(std::string("train foreign.onnxtxt --data points.npz -o out.onnx ") + option);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_TRUE(is_complaint(result.errors)) << result.errors;
    EXPECT_TRUE(contains(result.errors, "does not go with the training")) << result.errors;
  }
}

TEST_F(CliTrainingStages, RefusesSchedulesThatAFileCannotHold) {
  write("foreign.onnxtxt", kForeign);
  for (const auto& [type, complaint] : {std::pair("reduce_on_plateau", "looks at epochs"),
                                        std::pair("cosine", "give total_steps")}) {
    write("spec.json",
          std::string(R"({"loss": {"type": "mse"}, "lr_schedule": {"type": ")") + type + "\"}}");
    const CommandResult result = gatefold("compile foreign.onnxtxt --train spec.json -o out.onnx");
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_TRUE(contains(result.errors, complaint)) << result.errors;
  }
}

}  // namespace
}  // namespace gatefold::test
