#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "frontend/onnx_reader.h"
#include "frontend/onnx_writer.h"
#include "session/training/training_session.h"
#include "tests/c/handles.h"
#include "tests/temporary_folder.h"
#include "tests/training_case.h"

namespace gatefold::test {
namespace {

/// A batch as C gives it.
std::vector<gatefold_tensor> to_c(Batch& batch) {
  std::vector<gatefold_tensor> tensors;
  for (auto& [name, array] : batch) {
    tensors.push_back({name.c_str(), static_cast<int32_t>(array.dtype()),
                       static_cast<int32_t>(array.rank()), array.dims().data(), nullptr,
                       array.raw()});
  }
  return tensors;
}

gatefold_status step(gatefold_trainer* trainer, Batch& batch, double* loss,
                     gatefold_metrics* metrics = nullptr) {
  const std::vector<gatefold_tensor> tensors = to_c(batch);
  return gatefold_trainer_step(trainer, tensors.data(), tensors.size(), metrics, loss);
}

gatefold_status evaluate(gatefold_trainer* trainer, Batch& batch, double* loss,
                         gatefold_metrics* metrics = nullptr) {
  const std::vector<gatefold_tensor> tensors = to_c(batch);
  return gatefold_trainer_evaluate(trainer, tensors.data(), tensors.size(), metrics, loss);
}

class CTrainerCases : public testing::TestWithParam<const char*> {};

TEST_P(CTrainerCases, HaveTheLossesOfTheOtherInterfaceBitForBit) {
  TrainingCase one(GetParam());
  TrainingSession session = one.session();
  OwnedTrainer trainer;
  ASSERT_OK(
      gatefold_trainer_create(one.model.c_str(), one.plan_text.c_str(), nullptr, trainer.place()));
  ASSERT_EQ(gatefold_trainer_weight_count(trainer), session.trainer().weight_names().size());
  for (Batch& batch : one.batches) {
    EXPECT_EQ(gatefold_trainer_learning_rate(trainer), session.trainer().learning_rate());
    double loss = 0;
    ASSERT_OK(step(trainer, batch, &loss));
    const Trainer::Result wanted = session.step(batch);
    EXPECT_EQ(loss, wanted.loss);
    EXPECT_EQ(gatefold_trainer_gradient_norm(trainer), wanted.gradient_norm);
  }
  EXPECT_EQ(gatefold_trainer_steps(trainer), std::ssize(one.batches));
  for (std::size_t i = 0; i < gatefold_trainer_weight_count(trainer); ++i) {
    gatefold_tensor weight;
    ASSERT_OK(gatefold_trainer_weight(trainer, i, &weight));
    const auto wanted = session.trainer().states()[i].values<float>();
    EXPECT_EQ(weight.name, session.trainer().weight_names()[i]);
    EXPECT_EQ(numbers_of(weight), std::vector<float>(wanted.begin(), wanted.end()));
  }
}

INSTANTIATE_TEST_SUITE_P(All, CTrainerCases,
                         testing::Values("lstm_text_adam", "carried_lstm_clip",
                                         "perceptron_logits_warmup"));

/// Each test has a trainer of scores x w, of classes.
class CTrainer : public testing::Test {
 protected:
  static constexpr const char* kModel = R"(<ir_version: 8, opset_import: ["" : 17]>
      g (float[N, 2] x) => (float[N, 3] y) <float[2, 3] w = {1, 2, -1, 0.5, 0.25, 3}> {
        y = MatMul (x, w)
      })";
  static constexpr const char* kPlan =
      R"({"loss": {"type": "cross_entropy"}, "optimizer": {"type": "sgd", "lr": 0.5},
          "lr_schedule": {"type": "reduce_on_plateau", "patience": 0, "gamma": 0.5}})";

  CTrainer() {
    EXPECT_OK(gatefold_trainer_create_bytes(bytes_.data(), bytes_.size(), kPlan, nullptr,
                                            trainer_.place()));
  }

  std::string bytes_ = model_bytes(kModel);
  OwnedTrainer trainer_;
  Batch batch_{{"x", Tensor::of<float>({2, 2}, {1, 0, 0, 1})},
               {"target", Tensor::of<std::int64_t>({2}, {1, 0})}};
};

TEST_F(CTrainer, TellsTheArraysOfABatch) {
  ASSERT_EQ(gatefold_trainer_input_count(trainer_), 2U);
  gatefold_port x;
  gatefold_port target;
  ASSERT_OK(gatefold_trainer_input(trainer_, 0, &x));
  ASSERT_OK(gatefold_trainer_input(trainer_, 1, &target));
  EXPECT_STREQ(x.text, "float[N,2]");
  EXPECT_STREQ(target.name, "target");
  EXPECT_EQ(target.type, GATEFOLD_INT64);
}

TEST_F(CTrainer, EvaluatesAndCountsHits) {
  OwnedMetrics metrics;
  const char* const names[] = {"accuracy"};
  ASSERT_OK(gatefold_metrics_create(trainer_, names, 1, metrics.place()));
  double before = 0;
  double after = 0;
  double value = 0;
  ASSERT_OK(evaluate(trainer_, batch_, &before, metrics));
  ASSERT_OK(gatefold_metrics_value(metrics, "accuracy", &value));
  EXPECT_EQ(value, 0.5);  // Class 1 has the highest score for the first row, 2 for the second.
  ASSERT_OK(gatefold_metrics_value(metrics, "loss", &value));
  EXPECT_EQ(value, before);
  ASSERT_OK(gatefold_metrics_reset(metrics));
  ASSERT_OK(step(trainer_, batch_, &value, metrics));
  EXPECT_NEAR(value, before, 1e-6);
  ASSERT_OK(evaluate(trainer_, batch_, &after));
  EXPECT_LT(after, before);
  EXPECT_REFUSAL(gatefold_metrics_value(metrics, "f1", &value), GATEFOLD_ERROR,
                 "the metrics have no 'f1'; they have loss, accuracy");
}

TEST_F(CTrainer, RefusesMetricsOfAnother) {
  OwnedTrainer other;
  ASSERT_OK(
      gatefold_trainer_create_bytes(bytes_.data(), bytes_.size(), kPlan, nullptr, other.place()));
  OwnedMetrics metrics;
  ASSERT_OK(gatefold_metrics_create(other, nullptr, 0, metrics.place()));
  EXPECT_REFUSAL(step(trainer_, batch_, nullptr, metrics), GATEFOLD_MISUSE,
                 "the metrics are of another trainer");
  const char* const names[] = {"f1"};
  EXPECT_REFUSAL(gatefold_metrics_create(other, names, 1, metrics.place()), GATEFOLD_ERROR,
                 "unknown metric 'f1'; known metrics: accuracy, perplexity");
}

TEST_F(CTrainer, GivesGradients) {
  gatefold_tensor gradient;
  EXPECT_REFUSAL(gatefold_trainer_gradient(trainer_, 0, &gradient), GATEFOLD_MISUSE,
                 "there are no gradients yet; call gatefold_trainer_gradients first");
  gatefold_tensor weight;
  ASSERT_OK(gatefold_trainer_weight(trainer_, 0, &weight));
  const std::vector<float> before = numbers_of(weight);
  const std::vector<gatefold_tensor> tensors = to_c(batch_);
  ASSERT_OK(gatefold_trainer_gradients(trainer_, tensors.data(), tensors.size()));
  ASSERT_OK(gatefold_trainer_gradient(trainer_, 0, &gradient));
  EXPECT_STREQ(gradient.name, "w");
  EXPECT_EQ(numbers_of(weight), before);
  ASSERT_OK(step(trainer_, batch_, nullptr));
  const std::vector<float> after = numbers_of(weight);
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_NEAR(after[i], before[i] - 0.5F * numbers_of(gradient)[i], 1e-6);
  }
  EXPECT_REFUSAL(gatefold_trainer_weight(trainer_, 1, &weight), GATEFOLD_MISUSE,
                 "there is no weight 1; there are 1");
}

TEST_F(CTrainer, SetsAWeight) {
  const Floats w("w", {2, 3}, {0, 0, 0, 0, 0, 0});
  ASSERT_OK(gatefold_trainer_set_weight(trainer_, &w.tensor));
  double loss = 0;
  ASSERT_OK(evaluate(trainer_, batch_, &loss));
  EXPECT_NEAR(loss, std::log(3), 1e-6);
  const Floats narrow("w", {2, 1}, {0, 0});
  EXPECT_REFUSAL(gatefold_trainer_set_weight(trainer_, &narrow.tensor), GATEFOLD_ERROR,
                 "the numbers for weight 'w' are float[2,1] but must be float[2,3]");
}

TEST_F(CTrainer, TellsTheScheduleOfEpochs) {
  ASSERT_OK(gatefold_trainer_end_epoch(trainer_, 1));
  ASSERT_OK(gatefold_trainer_end_epoch(trainer_, 1));
  EXPECT_EQ(gatefold_trainer_learning_rate(trainer_), 0.25);
  EXPECT_REFUSAL(gatefold_trainer_end_epoch(trainer_, NAN), GATEFOLD_MISUSE,
                 "the loss of the epoch is nan");
}

TEST_F(CTrainer, SavesAndGoesOn) {
  const TemporaryFolder folder;
  const std::string trained = folder.path() / "trained.onnx";
  const std::string saved = folder.path() / "saved";
  ASSERT_OK(step(trainer_, batch_, nullptr));
  ASSERT_OK(gatefold_trainer_save(trainer_, trained.c_str()));
  ASSERT_OK(gatefold_trainer_save_checkpoint(trainer_, saved.c_str()));
  OwnedTrainer other;
  ASSERT_OK(gatefold_trainer_create(trained.c_str(), kPlan, nullptr, other.place()));
  double wanted = 0;
  double loss = 0;
  ASSERT_OK(evaluate(trainer_, batch_, &wanted));
  ASSERT_OK(evaluate(other, batch_, &loss));
  EXPECT_EQ(loss, wanted);
  ASSERT_OK(gatefold_trainer_load_checkpoint(other, saved.c_str()));
  EXPECT_EQ(gatefold_trainer_steps(other), 1);
  EXPECT_EQ(gatefold_trainer_load_checkpoint(other, trained.c_str()), GATEFOLD_ERROR);
}

TEST_F(CTrainer, TrainsWhatTheOptionsSay) {
  OwnedOptions options;
  ASSERT_OK(gatefold_options_create(options.place()));
  ASSERT_OK(gatefold_options_set_threads(options, 2));
  ASSERT_OK(gatefold_options_set_dim(options, "N", 2));
  ASSERT_OK(gatefold_options_add_trainable(options, "w*"));
  ASSERT_OK(gatefold_options_set_steps_per_epoch(options, 10));
  OwnedTrainer trainer;
  const auto make = [&] {
    return gatefold_trainer_create_bytes(bytes_.data(), bytes_.size(), kPlan, options,
                                         trainer.place());
  };
  ASSERT_OK(make());
  gatefold_port x;
  ASSERT_OK(gatefold_trainer_input(trainer, 0, &x));
  EXPECT_STREQ(x.text, "float[2,2]");
  gatefold_trainer_free(trainer);
  ASSERT_OK(gatefold_options_add_frozen(options, "w"));
  EXPECT_EQ(make(), GATEFOLD_ERROR);
  EXPECT_EQ(trainer, nullptr);
  ASSERT_OK(gatefold_options_set_optimize(options, 0));
  EXPECT_REFUSAL(make(), GATEFOLD_MISUSE,
                 "option 'optimize' is for models alone; make other options for the trainer");
}

TEST_F(CTrainer, RefusesBatchesAndPlansThatDoNotFit) {
  Batch batch = batch_;
  batch["z"] = batch["x"];
  double loss = -1;
  EXPECT_REFUSAL(step(trainer_, batch, &loss), GATEFOLD_ERROR,
                 "array 'z' of the batch belongs to no input; those are: x, target");
  batch = {{"x", batch["x"]}};
  EXPECT_REFUSAL(step(trainer_, batch, &loss), GATEFOLD_ERROR,
                 "the data have no array 'target', which the model needs");
  const std::vector<gatefold_tensor> twice{to_c(batch_)[0], to_c(batch_)[0]};
  EXPECT_REFUSAL(gatefold_trainer_step(trainer_, twice.data(), 2, nullptr, &loss), GATEFOLD_MISUSE,
                 "'target' is given twice");
  EXPECT_EQ(loss, -1);
  EXPECT_EQ(gatefold_trainer_steps(trainer_), 0);
  OwnedTrainer other;
  for (const auto& [plan, message] : std::vector<std::pair<const char*, const char*>>{
           {"[", "the plan is no JSON object"},
           {"{}", "no loss is given, by which the model would be trained"}}) {
    EXPECT_REFUSAL(
        gatefold_trainer_create_bytes(bytes_.data(), bytes_.size(), plan, nullptr, other.place()),
        GATEFOLD_ERROR, message);
  }
}

}  // namespace
}  // namespace gatefold::test
