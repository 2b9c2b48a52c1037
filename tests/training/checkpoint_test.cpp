#include "session/training/checkpoint.h"

#include <gtest/gtest.h>

#include "frontend/onnx_reader.h"
#include "ir/error.h"
#include "session/arrays/npz.h"
#include "tests/temporary_folder.h"

namespace gatefold::test {
namespace {

constexpr const char* kModel =
    "<ir_version: 8, opset_import: [\"\" : 17]>\n"
    "g (float[2] x, float[2] h) => (float[2] y, float[2] h_next)\n"
    "<float[2] w = {1, 2}> { y = Mul (x, w)\n h_next = Add (y, h) }";

TrainingPlan plan_with(const std::string& optimizer, const std::vector<CarriedState>& carried) {
  TrainingPlan plan;
  plan.step.loss = {.type = "mse", .output = "h_next"};
  plan.step.optimizer = {.type = optimizer, .learning_rate = 0.1};
  plan.carried = carried;
  return plan;
}

const TrainingPlan kPlan = plan_with("adam", {{"h", "h_next"}});

Trainer make_trainer(const TrainingPlan& plan) {
  return {*parse_model(kModel).graph, plan, {}, CompileOptions{}};
}

Batch make_batch() {
  return {{"x", Tensor::of<float>({2}, {0.5, -1})}, {"target", Tensor::of<float>({2}, {1, 1})}};
}

TEST(Checkpoint, GoesOnWhereItWasWritten) {
  const TemporaryFolder folder;
  Trainer first = make_trainer(kPlan);
  for (int i = 0; i < 3; ++i) first.step(make_batch());
  const RunPosition written{.epoch = 2, .batch = 1, .batches_per_epoch = 4, .sums = {1.5, 2, 3, 4}};
  prepare_checkpoints(folder.path() / "saved");
  write_checkpoint(folder.path() / "saved", first, written);

  Trainer second = make_trainer(kPlan);
  const RunPosition found = read_checkpoint(folder.path() / "saved", second);
  EXPECT_EQ(found.epoch, 2);
  EXPECT_EQ(found.batch, 1);
  EXPECT_EQ(found.batches_per_epoch, 4);
  EXPECT_EQ(found.sums.loss, 1.5);
  EXPECT_EQ(found.sums.losses, 2);
  EXPECT_EQ(found.sums.hits, 3);
  EXPECT_EQ(found.sums.targets, 4);
  EXPECT_EQ(second.steps_done(), 3);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(first.step(make_batch()).loss, second.step(make_batch()).loss) << i;
  }
}

TEST(Checkpoint, ReplacesTheOneBefore) {
  const TemporaryFolder folder;
  Trainer trainer = make_trainer(kPlan);
  write_checkpoint(folder.path(), trainer, {});
  trainer.step(make_batch());
  write_checkpoint(folder.path(), trainer, {});
  Trainer other = make_trainer(kPlan);
  read_checkpoint(folder.path(), other);
  EXPECT_EQ(other.steps_done(), 1);
}

TEST(Checkpoint, RefusesAnotherPlan) {
  const TemporaryFolder folder;
  Trainer trainer = make_trainer(kPlan);
  trainer.step(make_batch());
  write_checkpoint(folder.path(), trainer, {});
  for (const TrainingPlan& plan : {plan_with("sgd", kPlan.carried),
                                   plan_with("adagrad", kPlan.carried), plan_with("adam", {})}) {
    Trainer other = make_trainer(plan);
    EXPECT_THROW(read_checkpoint(folder.path(), other), Error);
  }
}

TEST(Checkpoint, RefusesMissingArraysAndFiles) {
  const TemporaryFolder folder;
  Trainer trainer = make_trainer(kPlan);
  EXPECT_THROW(read_checkpoint(folder.path(), trainer), Error);
  write_npz(folder.path() / "checkpoint.npz", {{"steps", Tensor::scalar(1.0)}});
  EXPECT_THROW(read_checkpoint(folder.path(), trainer), Error);
}

}  // namespace
}  // namespace gatefold::test
