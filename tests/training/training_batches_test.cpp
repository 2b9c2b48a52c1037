#include <gtest/gtest.h>

#include "frontend/onnx_reader.h"
#include "frontend/onnx_writer.h"
#include "ir/error.h"
#include "session/arrays/files.h"
#include "session/compiled_model.h"
#include "session/training/training_session.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace gatefold::test {
namespace {

/// y = (x w) v, hn = y + h: a weight that dropout can reach, and a state.
constexpr const char* kModel = R"(<ir_version: 8, opset_import: ["" : 17]>
    g (float[N, 3] x, float[N, 2] h) => (float[N, 2] y, float[N, 2] hn)
    <float[3, 2] w = {1, 2, -1, 0.5, 0.25, 3}, float[2] v = {0.5, -2}> {
      z = MatMul (x, w)
      y = Mul (z, v)
      hn = Add (y, h)
    })";

TrainingPlan plan_with(const std::string& loss) {
  TrainingPlan plan;
  plan.step.loss = {.type = loss, .output = "hn"};
  plan.step.optimizer = {.type = "adam", .learning_rate = 0.05};
  plan.carried = {{.input = "h", .output = "hn"}};
  return plan;
}

Batch batch_of(float number) {
  return {{"x", Tensor::of<float>({2, 3}, {number, -1, 2, 0.5, number, 1})},
          {"target", Tensor::of<float>({2, 2}, {1, 0, number, 2})}};
}

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

std::vector<float> numbers(const Tensor& tensor) {
  const auto values = tensor.values<float>();
  return {values.begin(), values.end()};
}

/// Each test has the model in a file.
class TrainingBatches : public testing::Test {
 protected:
  TrainingBatches() { write_model(parse_model(kModel), path_); }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "model.onnx";
  TrainingPlan plan_ = plan_with("mse");
};

TEST_F(TrainingBatches, GiveTheStepsOfATrainer) {
  TrainingSession session(path_, plan_);
  Trainer trainer(*parse_model(kModel).graph, plan_, {}, {});
  for (int i = 0; i < 5; ++i) {
    const Batch batch = batch_of(static_cast<float>(i) / 4);
    const Trainer::Result step = session.step(batch);
    const Trainer::Result wanted = trainer.step(batch);
    EXPECT_TRUE(step.outputs.empty());
    EXPECT_EQ(step.loss, wanted.loss) << i;
    EXPECT_EQ(step.gradient_norm, wanted.gradient_norm) << i;
  }
  EXPECT_EQ(numbers(session.trainer().states()[0]), numbers(trainer.states()[0]));
}

TEST_F(TrainingBatches, GiveTheGradientsOfTheNextStep) {
  plan_.step.dropout = {{"z", 0.5}};
  plan_.step.seed = 3;
  TrainingSession session(path_, plan_);
  Trainer trainer(*parse_model(kModel).graph, plan_, {.gradients = true}, {});
  const Batch batch = batch_of(0.5);
  for (int i = 0; i < 4; ++i) {
    const auto found = session.gradients(batch);
    const Trainer::Result wanted = trainer.step(batch);
    for (std::size_t k = 0; k < 2; ++k) {
      EXPECT_EQ(numbers(found.at(trainer.weight_names()[k])),
                numbers(std::get<Tensor>(wanted.gradients[k])));
    }
    EXPECT_EQ(session.step(batch).loss, wanted.loss) << i;
  }
}

TEST_F(TrainingBatches, AreJudgedOneByOneAndNothingIsDropped) {
  plan_.step.dropout = {{"z", 0.5}};
  TrainingSession session(path_, plan_);
  session.step(batch_of(1));
  const std::vector<Batch> batches{batch_of(0.25), batch_of(0.25)};
  Metrics metrics = session.make_metrics({});
  const double first = session.evaluate(batches[0], metrics);
  const double second = session.evaluate(batches[1], metrics);
  EXPECT_NE(first, second);  // The state went on.
  EXPECT_EQ(metrics.loss(), session.evaluate(batches).loss());
  session.forget_carried();
  EXPECT_EQ(session.evaluate(batches[0], metrics), first);
}

TEST_F(TrainingBatches, AddToMetrics) {
  plan_.step.loss = {.type = "cross_entropy"};
  plan_.carried = {};
  TrainingSession session(path_, plan_);
  Batch batch{{"x", Tensor::of<float>({2, 3}, {1, 0, 0, 0, 0, 1})},
              {"h", Tensor(DataType::kFloat32, {2, 2})},
              {"target", Tensor::of<std::int32_t>({2}, {0, 1})}};
  Metrics metrics = session.make_metrics({"accuracy"});
  session.evaluate(batch, metrics);
  batch["target"] = Tensor::of<std::int64_t>({2}, {1, 1});
  session.step(batch, &metrics);
  EXPECT_EQ(metrics.sums().targets, 4);
  EXPECT_EQ(metrics.values(), (std::vector<double>{0.25}));
  EXPECT_THROW(session.make_metrics({"f1"}), Error);
}

TEST_F(TrainingBatches, TrainTheSameModelFromAFileAndFromBytes) {
  const std::string bytes = read_file(path_);
  TrainingSession by_path(path_, plan_);
  TrainingSession by_bytes(bytes_of(bytes), plan_);
  by_path.step(batch_of(1));
  by_bytes.step(batch_of(1));
  by_path.save(folder_.path() / "a.onnx");
  by_bytes.save(folder_.path() / "b.onnx");
  EXPECT_EQ(read_file(folder_.path() / "a.onnx"), read_file(folder_.path() / "b.onnx"));
  EXPECT_NE(read_file(folder_.path() / "b.onnx"), bytes);
  EXPECT_EQ(load(folder_.path() / "b.onnx")->states(), plan_.carried);
}

TEST_F(TrainingBatches, AreJudgedByWeightsThatAreSet) {
  TrainingSession session(path_, plan_);
  const std::vector<Batch> batches{batch_of(1)};
  const double before = session.evaluate(batches).loss();
  session.set_weight("v", Tensor::of<float>({2}, {7, 8}));
  EXPECT_EQ(numbers(trained_weights(session.trainer()).at("v")), (std::vector<float>{7, 8}));
  EXPECT_NE(session.evaluate(batches).loss(), before);
  EXPECT_EQ(error_of([&] { session.set_weight("v", Tensor::of<float>({1}, {7})); }),
            "the numbers for weight 'v' are float[1] but must be float[2]");
  EXPECT_EQ(error_of([&] { session.set_weight("x", {}); }),
            "'x' is no trained weight; those are: w, v");
}

TEST_F(TrainingBatches, HaveTheArraysOfTheInputsAlone) {
  TrainingSession session(path_, plan_, {.dims = {{"N", 2}}});
  Batch batch = batch_of(1);
  batch["x"] = batch["x"].converted(DataType::kFloat64);
  session.step(batch);
  batch["X"] = batch["x"];
  EXPECT_EQ(error_of([&] { session.step(batch); }),
            "array 'X' of the batch belongs to no input; those are: x, target");
  batch.erase("X");
  batch.erase("x");
  EXPECT_EQ(error_of([&] { session.step(batch); }),
            "the data have no array 'x', which the model needs");
  batch["x"] = Tensor(DataType::kFloat32, {3, 3});
  EXPECT_THROW(session.step(batch), Error);
  batch["x"] = Tensor(DataType::kInt64, {2, 3});
  EXPECT_THROW(session.gradients(batch), Error);
  EXPECT_EQ(session.trainer().steps_done(), 1);
}

TEST_F(TrainingBatches, AreForModelsAndPlansThatFit) {
  EXPECT_THROW(TrainingSession(folder_.path() / "none.onnx", plan_), Error);
  EXPECT_THROW(TrainingSession(bytes_of("no model"), plan_), Error);
  plan_.carried = {{.input = "h", .output = "g"}};
  EXPECT_EQ(error_of([&] { TrainingSession(path_, plan_); }),
            "state g=h: the model has no output 'g'");
}

TEST(TrainingPlans, AreReadFromMemory) {
  const TrainingPlan plan = parse_training_plan(
      R"({"loss": {"type": "mse"}, "optimizer": {"type": "adam", "lr": 0.01}, "clip_norm": 1})");
  EXPECT_EQ(plan.step.loss.type, "mse");
  EXPECT_EQ(plan.step.optimizer.learning_rate, 0.01);
  EXPECT_EQ(plan.step.clip_norm, 1);
  EXPECT_EQ(error_of([] { parse_training_plan("[]"); }), "the plan is no JSON object");
  EXPECT_TRUE(error_of([] { parse_training_plan(R"({"los": {}})"); }).starts_with("the plan: "));
}

}  // namespace
}  // namespace gatefold::test
