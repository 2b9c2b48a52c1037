#include "session/training/training_session.h"

#include <gtest/gtest.h>

#include <cmath>

#include "frontend/onnx_reader.h"
#include "ir/error.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"
#include "tests/training_case.h"

namespace gatefold::test {
namespace {

void expect_equal(const Tensor& actual, const Tensor& expected, double tolerance) {
  ASSERT_EQ(actual.dims(), expected.dims());
  for (std::int64_t i = 0; i < actual.size(); ++i) {
    EXPECT_NEAR(actual.number_at(i), expected.number_at(i), tolerance) << i;
  }
}

TEST(TrainingSession, TakesTheStepsOfAPlan) {
  const TrainingCase one("lstm_text_adam");
  TrainingSession session = one.session();
  for (std::size_t i = 0; i < one.batches.size(); ++i) {
    EXPECT_NEAR(session.step(one.batches[i]).loss,
                one.expected.at("losses").number_at(static_cast<std::int64_t>(i)), 1e-5)
        << i;
  }
}

TEST(TrainingSession, GradientsAndEvaluationsChangeNothing) {
  const TrainingCase one("carried_lstm_clip");
  TrainingSession session = one.session();
  TrainingSession other = one.session();
  const auto gradients = session.gradients(one.batches[0]);
  ASSERT_EQ(gradients.size(), session.trainer().weight_names().size());
  for (const auto& [name, gradient] : gradients) {
    expect_equal(gradient, one.expected.at("grad/" + name), 1e-5);
  }
  for (const Batch& batch : one.batches) {
    session.gradients(batch);
    session.evaluate(one.batches, {"accuracy"});
    EXPECT_EQ(session.step(batch).loss, other.step(batch).loss);
  }
}

TEST(TrainingSession, EvaluatesWithThePresentWeights) {
  const TrainingCase one("lstm_text_adam");
  TrainingSession session = one.session();
  const std::span<const Batch> first = std::span(one.batches).first(1);
  EXPECT_NEAR(session.evaluate(first).loss(), one.expected.at("losses").number_at(0), 1e-5);
  for (const Batch& batch : one.batches) session.step(batch);
  EXPECT_NEAR(session.evaluate(first).loss(), one.expected.at("loss_after_on_batch0").number_at(0),
              1e-5);
}

TEST(TrainingSession, WritesTheTrainedModel) {
  const TemporaryFolder folder;
  const TrainingCase one("lstm_text_adam");
  TrainingSession session = one.session();
  for (const Batch& batch : one.batches) session.step(batch);
  session.save(folder.path() / "trained.onnx");
  const TrainingSession again(folder.path() / "trained.onnx", one.plan, {});
  const auto weights = trained_weights(session.trainer());
  for (const auto& [name, weight] : trained_weights(again.trainer())) {
    expect_equal(weight, weights.at(name), 0);
  }
}

TEST(TrainingSession, ContinuesFromACheckpoint) {
  const TemporaryFolder folder;
  const TrainingCase one("carried_lstm_clip");
  TrainingSession session = one.session();
  session.step(one.batches[0]);
  session.save_checkpoint(folder.path() / "saved");
  TrainingSession other = one.session();
  other.restore_checkpoint(folder.path() / "saved");
  EXPECT_EQ(session.step(one.batches[1]).loss, other.step(one.batches[1]).loss);
}

class TrainableTest : public testing::Test {
 protected:
  std::vector<std::string> choose(const TrainableChoice& choice) const {
    return choose_trainable(*model_.graph, "", choice);
  }

 private:
  // 'one' is a scalar, which is no weight unless somebody says so.
  Model model_ = parse_model(
      "<ir_version: 8, opset_import: [\"\" : 17]>\n"
      "g (float[N,2] x) => (float[N,2] y)\n"
      "<float[2,2] fc_weight = {1,2,3,4}, float[2] fc_bias = {1,2}, float one = {1}> {\n"
      "  z = MatMul (x, fc_weight)\n  s = Add (z, fc_bias)\n  y = Mul (s, one)\n}");
};

using Names = std::vector<std::string>;

TEST_F(TrainableTest, ChoosesWeightsByPatterns) {
  EXPECT_EQ(choose({}), (Names{"fc_weight", "fc_bias"}));
  EXPECT_EQ(choose({.trainable = {"*"}}), (Names{"fc_weight", "fc_bias"}));
  EXPECT_EQ(choose({.trainable = {"*_bias"}}), (Names{"fc_bias"}));
  EXPECT_EQ(choose({.frozen = {"*_bias"}}), (Names{"fc_weight"}));
}

TEST_F(TrainableTest, TakesAnyTensorByItsWholeName) {
  EXPECT_EQ(choose({.trainable = {"*_bias", "one"}}), (Names{"fc_bias", "one"}));
}

TEST_F(TrainableTest, RefusesWhatMatchesNothing) {
  EXPECT_EQ(error_of([&] { choose({.trainable = {"fv_*"}}); }),
            "no floating-point tensor of the model matches 'fv_*'; those are: fc_weight, fc_bias, "
            "one");
  EXPECT_EQ(error_of([&] { choose({.frozen = {"fc_*"}}); }),
            "no weight is left to train; choose among those that the loss of 'y' has gradients by");
}

TEST(TrainingSession, RefusesASchedulesLengthThatIsNotKnown) {
  TrainingCase one("lstm_text_adam");
  one.plan.steps = 0;
  one.plan.schedule = {.type = "cosine"};
  EXPECT_EQ(error_of([&] { one.session(); }),
            "schedule 'cosine' must be told its end; give total_steps, or the steps of the run");
  one.plan.schedule = {.type = "multistep", .milestone_epochs = {1}};
  EXPECT_EQ(error_of([&] { one.session(); }),
            "the milestones of schedule 'multistep' are epochs; give the steps per epoch");
}

}  // namespace
}  // namespace gatefold::test
