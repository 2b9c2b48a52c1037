#include "passes/training/training_step.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "frontend/onnx_reader.h"
#include "ir/error.h"
#include "ir/evaluate.h"

namespace gatefold {
namespace {

constexpr const char* kLinear = R"(
  linear (float[2,3] X) => (float[2,2] Y) <float[3,2] W = {1, 2, 3, 4, 5, 6}>
  { Y = MatMul (X, W) })";

constexpr const char* kDropout = R"(
  linear (float[4,8] X) => (float[4,8] Y)
    <float[8] b = {0, 0, 0, 0, 0, 0, 0, 0}, float ratio = {0.5}, bool training = {1}>
  { Z = Add (X, b)  Y = Dropout (Z, ratio, training) })";

TrainingSpec mean_square_error() {
  TrainingSpec spec;
  spec.loss.type = "mse";
  spec.optimizer.learning_rate = 0.1;
  return spec;
}

Tensor filled(const Dims& dims, float number) {
  Tensor tensor(DataType::kFloat32, dims);
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    tensor.data<float>()[i] = number * static_cast<float>(i + 1);
  }
  return tensor;
}

/// Runs steps on the plain evaluator and returns the states by name.
class Steps {
 public:
  explicit Steps(TrainingStep step) : step_(std::move(step)) {
    for (const TrainingState& state : step_.states) states_.push_back(state.initial);
  }

  /// Returns the outputs of the step.
  std::vector<Datum> run(const Tensor& x, const Tensor& target) {
    std::vector<Datum> inputs(step_.graph->inputs().size());
    inputs[0] = x;
    inputs[step_.target_input] = target;
    inputs[step_.learning_rate_input] = Tensor::scalar(0.1F);
    for (std::size_t i = 0; i < states_.size(); ++i) inputs[step_.states[i].input] = states_[i];
    std::vector<Datum> outputs = evaluate(*step_.graph, std::move(inputs));
    for (std::size_t i = 0; i < states_.size(); ++i) {
      states_[i] = std::get<Tensor>(outputs[step_.states[i].output]);
    }
    return outputs;
  }

  /// The first weight.
  const Tensor& weight() const { return states_.front(); }

 private:
  TrainingStep step_;
  std::vector<Tensor> states_;
};

Steps steps_of(const char* model, const TrainingSpec& spec, const TrainingOutputs& outputs = {}) {
  return Steps(build_training_step(*parse_model(model).graph, spec, outputs));
}

TEST(TrainingStep, AccumulatesGradientsAndUpdatesByTheirMean) {
  const Tensor first = filled({2, 3}, 0.1F);
  const Tensor second = filled({2, 3}, -0.2F);
  const Tensor target = filled({2, 2}, 0.5F);
  Steps whole = steps_of(kLinear, mean_square_error());
  const Tensor before = whole.weight().clone();
  whole.run(first, target);
  const Tensor after_first = whole.weight().clone();
  Steps other = steps_of(kLinear, mean_square_error());
  other.run(second, target);

  TrainingSpec spec = mean_square_error();
  spec.accumulate = 2;
  Steps accumulating = steps_of(kLinear, spec);
  for (int round = 0; round < 2; ++round) {
    const Tensor start = accumulating.weight().clone();
    accumulating.run(first, target);
    for (std::int64_t i = 0; i < start.size(); ++i) {
      EXPECT_EQ(accumulating.weight().number_at(i), start.number_at(i));
    }
    accumulating.run(second, target);
    if (round > 0) continue;
    for (std::int64_t i = 0; i < start.size(); ++i) {
      const double mean = (after_first.number_at(i) + other.weight().number_at(i)) / 2;
      EXPECT_NEAR(accumulating.weight().number_at(i), mean, 1e-6);
      EXPECT_NE(accumulating.weight().number_at(i), before.number_at(i));
    }
  }
}

/// A table of which rows 1 and 3 are used, one of them several times, by two operators.
constexpr const char* kLookUps = R"(
  look_up (float[3,2] X) => (float[3,2] Y)
    <float[4,2] W = {1, 2, 3, 4, 5, 6, 7, 8}, int64[3] i = {1, 3, -3}, int32[3] j = {1, 1, 3}>
  { A = Gather (W, i)  B = Gather (W, j)  C = Mul (A, X)  Y = Mul (C, B) })";

double norm_of(const Tensor& tensor) {
  double sum = 0;
  for (std::int64_t i = 0; i < tensor.size(); ++i) sum += std::pow(tensor.number_at(i), 2);
  return std::sqrt(sum);
}

TEST(TrainingStep, ChangesOnlyTheRowsOfATableThatAreUsed) {
  for (const char* optimizer : {"sgd", "adagrad"}) {
    TrainingSpec spec = mean_square_error();
    spec.optimizer.type = optimizer;
    spec.clip_norm = 1;
    const TrainingStep step = build_training_step(*parse_model(kLookUps).graph, spec, {});
    for (const auto& node : step.graph->nodes()) EXPECT_NE(node->op().name, "GatherGrad");

    Steps steps = steps_of(kLookUps, spec, {.gradients = true});
    const Tensor before = steps.weight().clone();
    const std::vector<Datum> outputs = steps.run(filled({3, 2}, 0.1F), filled({3, 2}, 0.5F));
    const auto& gradient = std::get<Tensor>(outputs[2]);
    const double norm = norm_of(gradient);
    EXPECT_GT(norm, 1);
    EXPECT_NEAR(std::get<Tensor>(outputs[1]).number_at(0), norm, 1e-5 * norm);
    for (std::int64_t i = 0; i < before.size(); ++i) {
      const double g = gradient.number_at(i) / norm;
      const double change = spec.optimizer.type == "sgd" || g == 0 ? g : g / std::abs(g);
      EXPECT_NEAR(steps.weight().number_at(i), before.number_at(i) - 0.1 * change, 1e-5);
    }
  }
}

TEST(TrainingStep, LeavesPaddingRowsAsTheyAre) {
  for (const char* optimizer : {"sgd", "adam", "adagrad"}) {
    for (const std::int64_t row : {1, -3}) {
      TrainingSpec spec = mean_square_error();
      spec.optimizer.type = optimizer;
      const Tensor x = filled({3, 2}, 0.1F);
      const Tensor target = filled({3, 2}, 0.5F);
      Steps plain = steps_of(kLookUps, spec, {.gradients = true});
      const std::vector<Datum> all = plain.run(x, target);
      spec.padding = {{"W", row}};
      Steps steps = steps_of(kLookUps, spec, {.gradients = true});
      const Tensor before = steps.weight().clone();
      const std::vector<Datum> outputs = steps.run(x, target);
      Tensor expected = std::get<Tensor>(all[2]).clone();
      EXPECT_NE(expected.number_at(2), 0);
      expected.data<float>()[2] = expected.data<float>()[3] = 0;
      const auto& gradient = std::get<Tensor>(outputs[2]);
      for (std::int64_t i = 0; i < before.size(); ++i) {
        EXPECT_EQ(gradient.number_at(i), expected.number_at(i));
        const bool is_padding = i / 2 == 1;
        const Tensor& same = is_padding ? before : plain.weight();
        EXPECT_EQ(steps.weight().number_at(i), same.number_at(i)) << optimizer << " " << i;
      }
      EXPECT_NEAR(std::get<Tensor>(outputs[1]).number_at(0), norm_of(expected), 1e-5);
    }
  }
}

TEST(TrainingStep, ClipsWithoutTheGradientsOfPadding) {
  TrainingSpec spec = mean_square_error();
  spec.clip_norm = 0.01;
  spec.padding = {{"W", 1}};
  Steps steps = steps_of(kLookUps, spec);
  const Tensor before = steps.weight().clone();
  steps.run(filled({3, 2}, 0.1F), filled({3, 2}, 0.5F));
  Tensor change = before.clone();
  for (std::int64_t i = 0; i < change.size(); ++i) {
    change.data<float>()[i] -= steps.weight().data<float>()[i];
  }
  EXPECT_NEAR(norm_of(change), 0.1 * spec.clip_norm, 1e-6);
}

/// What is said when the step of a model is refused.
std::string complaint(const char* model, const TrainingSpec& spec) {
  try {
    build_training_step(*parse_model(model).graph, spec, {});
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing";
}

TEST(TrainingStep, RefusesPaddingThatIsNotThere) {
  TrainingSpec spec = mean_square_error();
  spec.padding = {{"table", 0}};
  EXPECT_EQ(complaint(kLookUps, spec), "padding: the model has no table 'table'");
  for (const std::int64_t row : {4, -5}) {
    spec.padding = {{"W", row}};
    EXPECT_EQ(complaint(kLookUps, spec),
              "padding: table 'W' is float[4,2]; it has no row " + std::to_string(row));
  }
}

/// The model of kDropout without its Dropout.
constexpr const char* kPlain = R"(
  linear (float[4,8] X) => (float[4,8] Y) <float[8] b = {0, 0, 0, 0, 0, 0, 0, 0}>
  { zeros = Neg (b)  Z = Add (X, b)  Y = Identity (Z) })";

TEST(TrainingStep, DropsElementsOfValuesAsADropoutBehindThemDoes) {
  const Tensor x = filled({4, 8}, 1);
  const Tensor target = filled({4, 8}, 0);
  Steps model = steps_of(kDropout, mean_square_error(), {.model = {"Y"}});
  TrainingSpec spec = mean_square_error();
  spec.dropout = {{"*", 0}, {"[XYZ]", 0.25}, {"[XY]", 0}, {"Z", 0.5}};
  Steps added = steps_of(kPlain, spec, {.model = {"Y"}});
  for (int step = 0; step < 3; ++step) {
    const auto wanted = std::get<Tensor>(model.run(x, target)[2]);
    const auto found = std::get<Tensor>(added.run(x, target)[2]);
    for (std::int64_t i = 0; i < wanted.size(); ++i) {
      EXPECT_EQ(found.number_at(i), wanted.number_at(i)) << step << " " << i;
    }
  }
}

TEST(TrainingStep, DropsNothingOfValuesWhenItOnlyJudges) {
  TrainingSpec spec = mean_square_error();
  spec.dropout = {{"Z", 0.5}};
  const TrainingStep step =
      build_training_step(*parse_model(kPlain).graph, spec, {.update = false});
  for (const auto& node : step.graph->nodes()) EXPECT_NE(node->op().name, "CounterUniform");
}

TEST(TrainingStep, DeliversGradientsWithoutAnUpdate) {
  const TrainingStep step = build_training_step(*parse_model(kPlain).graph, mean_square_error(),
                                                {.update = false, .gradients = true});
  ASSERT_EQ(step.states.size(), 2U);
  EXPECT_EQ(step.states[0].name, "b");
  EXPECT_EQ(step.step_count, 1U);
  std::vector<std::string> outputs;
  for (const Graph::Output& output : step.graph->outputs()) outputs.push_back(output.name);
  EXPECT_EQ(outputs, (std::vector<std::string>{"loss", "gradient_norm", "b_grad"}));
}

TEST(TrainingStep, RefusesDropoutThatCannotBe) {
  TrainingSpec spec = mean_square_error();
  for (const char* pattern : {"rnn.*", "zeros", "b"}) {
    spec.dropout = {{pattern, 0.5}};
    EXPECT_TRUE(complaint(kPlain, spec)
                    .starts_with("dropout '" + std::string(pattern) + "' matches no value"));
  }
  for (const double probability : {1.0, -0.1, std::nan("")}) {
    spec.dropout = {{"Z", probability}};
    EXPECT_NE(complaint(kPlain, spec).find("it must be at least 0 and below 1"), std::string::npos);
  }
}

TEST(TrainingStep, DropsOtherElementsEachStepAndTheSameForTheSameSeed) {
  const Tensor x = filled({4, 8}, 1);
  const Tensor target = filled({4, 8}, 0);
  const TrainingOutputs outputs{.model = {"Y"}};
  const auto dropped = [&](std::int64_t seed, int step_count) {
    TrainingSpec spec = mean_square_error();
    spec.seed = seed;
    spec.optimizer.learning_rate = 0;
    Steps steps = steps_of(kDropout, spec, outputs);
    std::vector<Datum> found;
    for (int i = 0; i < step_count; ++i) found = steps.run(x, target);
    std::vector<bool> zeros;
    const auto& y = std::get<Tensor>(found[2]);
    for (std::int64_t i = 0; i < y.size(); ++i) zeros.push_back(y.number_at(i) == 0);
    return zeros;
  };
  EXPECT_EQ(dropped(1, 2), dropped(1, 2));
  EXPECT_NE(dropped(1, 1), dropped(1, 2));
  EXPECT_NE(dropped(1, 1), dropped(2, 1));
}

TEST(TrainingStep, DropsNothingWhenItOnlyJudges) {
  const TrainingOutputs outputs{.model = {"Y"}, .update = false};
  const TrainingStep step =
      build_training_step(*parse_model(kDropout).graph, mean_square_error(), outputs);
  std::vector<Datum> inputs(step.graph->inputs().size());
  inputs[0] = filled({4, 8}, 1);
  inputs[step.target_input] = filled({4, 8}, 1);
  inputs[step.learning_rate_input] = Tensor::scalar(0.1F);
  inputs[step.states.front().input] = step.states.front().initial;
  EXPECT_EQ(std::get<Tensor>(evaluate(*step.graph, inputs)[0]).number_at(0), 0);
}

}  // namespace
}  // namespace gatefold
