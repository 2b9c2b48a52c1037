#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "frontend/onnx_reader.h"
#include "session/training/trainer.h"
#include "session/training/training_run.h"
#include "tests/random_inputs.h"
#include "tests/random_weights.h"
#include "tests/temporary_folder.h"

namespace gatefold::test {
namespace {

constexpr const char* kHeader = "<ir_version: 8, opset_import: [\"\" : 17]>\n";

/// A model, how to train it, and its data.
struct TrainingCase {
  const char* name;
  std::string model;
  TrainingPlan plan;
  std::map<std::string, Tensor> arrays;
  BatchOptions batches;
};

TrainingPlan plan_with(const char* optimizer) {
  TrainingPlan plan;
  plan.step.loss = {.type = "mse", .output = "y"};
  plan.step.optimizer = {.type = optimizer, .learning_rate = 0.01};
  plan.step.seed = 5;
  return plan;
}

Tensor random_array(const Dims& dims, std::uint64_t seed) {
  return random_tensor({DataType::kFloat32, dims}, seed);
}

/// Strides, pooling, elements that are dropped, shuffled examples.
TrainingCase conv_pool_lstm() {
  const std::string model = fmt::format(
      "{}conv_lstm (float[N, 3, 32, 32] x) => (float[N, 4] y)\n"
      "<{}, {}, {}, {}, {}, int64[3] shape = {{0, 128, 8}}, int64[1] first = {{0}},\n"
      " float rate = {{0.25}}, bool training = {{1}}> {{\n"
      "  features = Conv <strides = [2, 2], pads = [1, 1, 1, 1]> (x, filter, bias)\n"
      "  active = Relu (features)\n"
      "  pooled = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (active)\n"
      "  kept = Dropout (pooled, rate, training)\n"
      "  rows = Reshape (kept, shape)\n"
      "  steps = Transpose <perm = [2, 0, 1]> (rows)\n"
      "  all, last = LSTM <hidden_size = 24> (steps, w, r)\n"
      "  h = Squeeze (last, first)\n"
      "  y = MatMul (h, dense)\n"
      "}}",
      kHeader, random_weights("filter", {16, 3, 3, 3}, 1, 0.3), random_weights("bias", {16}, 2),
      random_weights("w", {1, 96, 128}, 3, 0.1), random_weights("r", {1, 96, 24}, 4, 0.2),
      random_weights("dense", {24, 4}, 5));
  return {"ConvPoolAndLstm",
          model,
          plan_with("adam"),
          {{"x", random_array({32, 3, 32, 32}, 6)}, {"target", random_array({32, 4}, 7)}},
          {.batch_size = 8, .shuffle = true, .seed = 3}};
}

/// A state that is carried from chunk to chunk of the sequences.
TrainingCase conv_gru_with_state() {
  const std::string model = fmt::format(
      "{}conv_gru (float[N, T, 16] x, float[1, N, 32] h0) => (float[N, T, 32] y, float[1, N, 32] "
      "hn)\n"
      "<{}, {}, {}, int64[1] direction = {{1}}> {{\n"
      "  channels = Transpose <perm = [0, 2, 1]> (x)\n"
      "  features = Conv <pads = [2, 2]> (channels, filter)\n"
      "  active = Tanh (features)\n"
      "  steps = Transpose <perm = [2, 0, 1]> (active)\n"
      "  all, hn = GRU <hidden_size = 32> (steps, w, r, , , h0)\n"
      "  one = Squeeze (all, direction)\n"
      "  y = Transpose <perm = [1, 0, 2]> (one)\n"
      "}}",
      kHeader, random_weights("filter", {24, 16, 5}, 1, 0.2),
      random_weights("w", {1, 96, 24}, 2, 0.2), random_weights("r", {1, 96, 32}, 3, 0.2));
  TrainingPlan plan = plan_with("rmsprop");
  plan.carried = {{.input = "h0", .output = "hn"}};
  return {"ConvAndGruWithState",
          model,
          plan,
          {{"x", random_array({16, 120, 16}, 4)}, {"target", random_array({16, 120, 32}, 5)}},
          {.batch_size = 8, .chunk = 40}};
}

/// The numbers that a run makes.
struct TrainedRun : TrainingObserver {
  std::vector<double> losses;
  std::map<std::string, Tensor> weights;
  std::map<std::string, Tensor> weights_of_epoch;  ///< The last one.

  void end_step(const Step& step) override { losses.push_back(step.loss); }
  void end_epoch(const Epoch& epoch) override { weights_of_epoch = epoch.weights(); }
};

TrainedRun run_case(const TrainingCase& training, RunOptions options) {
  options.data.arrays = training.arrays;
  options.batches = training.batches;
  TrainedRun run;
  run.weights = train(parse_model(training.model).graph, training.plan, options, run).weights;
  return run;
}

void expect_same_weights(const std::map<std::string, Tensor>& a,
                         const std::map<std::string, Tensor>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, weight] : a) {
    const Tensor& other = b.at(name);
    ASSERT_EQ(weight.bytes(), other.bytes()) << name;
    EXPECT_EQ(std::memcmp(weight.raw(), other.raw(), weight.bytes()), 0) << name;
  }
}

constexpr std::int64_t kSteps = 12;

class ReproducibleTraining : public testing::TestWithParam<TrainingCase> {
 protected:
  void expect_all_trained(const TrainedRun& run) const {
    const Model model = parse_model(GetParam().model);
    for (const auto& value : model.graph->initializers()) {
      if (value->kind() != Value::Kind::kParameter || value->type().rank() == 0) continue;
      const Tensor& weight = run.weights.at(value->name());
      EXPECT_NE(std::memcmp(weight.raw(), value->data()->raw(), weight.bytes()), 0)
          << value->name();
    }
  }
};

TEST_P(ReproducibleTraining, GivesTheSameBitsEachTime) {
  for (const int threads : {1, 2}) {
    SCOPED_TRACE(threads);
    const RunOptions options{.steps = kSteps, .threads = threads};
    const TrainedRun first = run_case(GetParam(), options);
    const TrainedRun second = run_case(GetParam(), options);
    EXPECT_EQ(first.losses.size(), static_cast<std::size_t>(kSteps));
    EXPECT_EQ(first.losses, second.losses);
    expect_all_trained(first);
    expect_same_weights(first.weights, second.weights);
  }
}

TEST_P(ReproducibleTraining, GivesTheSameBitsWhenItIsResumed) {
  for (const int threads : {1, 2}) {
    SCOPED_TRACE(threads);
    const TemporaryFolder folder;
    const TrainedRun whole = run_case(GetParam(), {.steps = kSteps, .threads = threads});
    // Neither at the end of an epoch nor of the chunks of one batch.
    RunOptions options{
        .steps = kSteps / 2 - 1, .checkpoint = folder.path(), .save_every = 2, .threads = threads};
    TrainedRun parts = run_case(GetParam(), options);
    options.steps = kSteps;
    options.resume = true;
    const TrainedRun rest = run_case(GetParam(), options);
    parts.losses.insert(parts.losses.end(), rest.losses.begin(), rest.losses.end());
    EXPECT_EQ(parts.losses, whole.losses);
    expect_same_weights(rest.weights, whole.weights);
  }
}

TEST_P(ReproducibleTraining, ShowsTheWeightsOfEachEpoch) {
  const TrainedRun run = run_case(GetParam(), {.epochs = 2});
  expect_same_weights(run.weights_of_epoch, run.weights);
}

INSTANTIATE_TEST_SUITE_P(Models, ReproducibleTraining,
                         testing::Values(conv_pool_lstm(), conv_gru_with_state()),
                         [](const auto& info) { return info.param.name; });

// With constant weights measuring mostly finds another kernel than the rule does.
TEST(ReproducibleValidation, ChoosesKernelsByRule) {
  const std::string model = fmt::format(
      "{}frozen (float[N, 3, 64, 64] x) => (float[N, 24, 32, 32] y)\n"
      "<{}, {}> {{\n"
      "  features = Conv <strides = [2, 2], pads = [2, 2, 2, 2]> (x, filter)\n"
      "  y = Add (features, offset)\n"
      "}}",
      kHeader, random_weights("filter", {24, 3, 5, 5}, 1),
      random_weights("offset", {24, 32, 32}, 2));
  TrainingPlan plan = plan_with("sgd");
  plan.step.trainable = {"offset"};
  Trainer judge(*parse_model(model).graph, plan, {.model = {"y"}, .update = false}, {.threads = 2});
  judge.step(
      {{"x", random_array({4, 3, 64, 64}, 3)}, {"target", random_array({4, 24, 32, 32}, 4)}});
  int convolutions = 0;
  for (const StepProfile& step : judge.context().profile()) {
    if (!step.op.starts_with("Conv")) continue;
    ++convolutions;
    EXPECT_TRUE(step.implementation.starts_with("native")) << step.implementation;
  }
  EXPECT_EQ(convolutions, 1);
}

}  // namespace
}  // namespace gatefold::test
