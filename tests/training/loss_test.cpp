#include "passes/training/loss.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "ir/error.h"
#include "ir/evaluate.h"

namespace gatefold::test {
namespace {

double loss_of(const LossSpec& spec, const Tensor& output, const std::vector<Tensor>& answers) {
  Graph graph;
  GraphBuilder g(graph);
  graph.add_output("y", graph.add_input("y", output.type()));
  graph.set_output(0, add_loss(g, spec));
  std::vector<Datum> inputs{output};
  for (const Tensor& answer : answers) inputs.emplace_back(answer);
  const Tensor loss = std::get<Tensor>(evaluate(graph, inputs).front());
  EXPECT_EQ(loss.rank(), 0);
  return loss.number_at(0);
}

double loss_of(const LossSpec& spec, const Tensor& output, const Tensor& target) {
  EXPECT_EQ(loss_inputs(spec, output.type()).front().type, target.type());
  return loss_of(spec, output, std::vector<Tensor>{target});
}

void expect_mean_and_sum(LossSpec spec, const Tensor& output, const Tensor& target, double sum,
                         double count) {
  EXPECT_NEAR(loss_of(spec, output, target), sum / count, 1e-6) << spec.type;
  spec.reduction = "sum";
  EXPECT_NEAR(loss_of(spec, output, target), sum, 1e-6) << spec.type;
}

TEST(Loss, OfNumbers) {
  const Tensor y = Tensor::of<float>({3}, {1, 2, 4});
  const Tensor t = Tensor::of<float>({3}, {0, 2, 2});
  expect_mean_and_sum({.type = "mse"}, y, t, 5, 3);
  expect_mean_and_sum({.type = "l1"}, y, t, 3, 3);
  expect_mean_and_sum({.type = "huber"}, y, t, 0.5 + 1.5, 3);
  expect_mean_and_sum({.type = "huber", .delta = 1.5}, y, t, 0.5 + 1.5 * 1.25, 3);
  expect_mean_and_sum({.type = "smooth_l1", .delta = 0.5}, y, t, 0.75 + 1.75, 3);
}

TEST(Loss, OfProbabilities) {
  const Tensor t = Tensor::of<float>({2}, {1, 0});
  expect_mean_and_sum({.type = "bce"}, Tensor::of<float>({2}, {0.5, 0.25}), t,
                      -std::log(0.5) - std::log(0.75), 2);
  expect_mean_and_sum({.type = "bce_with_logits"}, Tensor::of<float>({2}, {0, 2}), t,
                      std::log(2) + std::log(1 + std::exp(2)), 2);
}

TEST(Loss, BoundsLogarithms) {
  const Tensor t = Tensor::of<float>({2}, {1, 0});
  EXPECT_EQ(loss_of({.type = "bce"}, Tensor::of<float>({2}, {0, 1}), t), 100);
  EXPECT_EQ(loss_of({.type = "bce_with_logits"}, Tensor::of<float>({2}, {-90, 90}), t), 90);
}

TEST(Loss, OfClasses) {
  const Tensor scores = Tensor::of<float>({2, 2}, {0, 0, static_cast<float>(std::log(3)), 0});
  const Tensor t = Tensor::of<std::int64_t>({2}, {0, 1});
  expect_mean_and_sum({.type = "cross_entropy"}, scores, t, std::log(2) + std::log(4), 2);
  expect_mean_and_sum({.type = "cross_entropy", .ignore_index = 1}, scores, t, std::log(2), 1);
  const Tensor logs = Tensor::of<float>({2, 2}, {-1, -2, -3, -4});
  expect_mean_and_sum({.type = "nll"}, logs, t, 5, 2);
  expect_mean_and_sum({.type = "nll", .class_weights = {3, 0.5}}, logs, t, 5, 3.5);
  expect_mean_and_sum({.type = "nll", .ignore_index = 0, .class_weights = {3, 0.5}}, logs, t, 2,
                      0.5);
}

// A quarter of each target goes to both classes.
TEST(Loss, SmoothsLabels) {
  const Tensor scores = Tensor::of<float>({2, 2}, {0, 0, static_cast<float>(std::log(3)), 0});
  const Tensor t = Tensor::of<std::int64_t>({2}, {0, 1});
  const double second = 0.875 * std::log(4) + 0.125 * (std::log(4) - std::log(3));
  expect_mean_and_sum({.type = "cross_entropy", .label_smoothing = 0.25}, scores, t,
                      std::log(2) + second, 2);
  expect_mean_and_sum({.type = "cross_entropy", .ignore_index = 0, .label_smoothing = 0.25}, scores,
                      t, second, 1);
}

TEST(Loss, OfOutputsOfUnknownRank) {
  Graph graph;
  GraphBuilder g(graph);
  const Type unknown(DataType::kFloat32, std::nullopt);
  EXPECT_EQ(loss_inputs({.type = "nll"}, unknown).front().type.dtype, DataType::kInt64);
  graph.add_output("y", graph.add_input("y", unknown));
  graph.set_output(0, add_loss(g, {.type = "mse"}));
  const Tensor y = Tensor::of<float>({2, 1}, {1, 2});
  const auto loss = [&](const Tensor& target) { return evaluate(graph, {{y, target}}); };
  EXPECT_EQ(std::get<Tensor>(loss(Tensor::of<float>({2, 1}, {1, 4})).front()).number_at(0), 2);
  EXPECT_THROW(loss(Tensor::of<float>({3}, {1, 2, 3})), Error);
}

TEST(Loss, OfClassesAlongAnyAxis) {
  // [2 classes, 1, 3], [1, 2 classes, 3] and [1, 3, 2 classes] of the same scores.
  const Tensor t = Tensor::of<std::int64_t>({1, 3}, {0, 1, 1});
  const Tensor outer = Tensor::of<float>({2, 1, 3}, {-1, -2, -3, -4, -5, -6});
  const Tensor inner = Tensor::of<float>({1, 3, 2}, {-1, -4, -2, -5, -3, -6});
  expect_mean_and_sum({.type = "nll", .class_axis = 0}, outer, t, 12, 3);
  expect_mean_and_sum({.type = "nll", .class_axis = 1}, outer.reshaped({1, 2, 3}), t, 12, 3);
  expect_mean_and_sum({.type = "nll"}, inner, t, 12, 3);
}

// Of the four labellings of two steps, three come down to a target of one label.
TEST(Loss, OfLabellings) {
  const auto half = static_cast<float>(std::log(0.5));
  const auto numbers = [](std::int64_t n) { return Tensor::of<std::int64_t>({2}, {n, n}); };
  const Tensor y = Tensor::of<float>({2, 2, 2}, {half, half, half, half, half, half, half, half});
  LossSpec spec{.type = "ctc"};
  const auto answers = [&](std::int64_t label) {
    return std::vector<Tensor>{Tensor::of<std::int64_t>({2, 1}, {label, label}), numbers(1),
                               numbers(2)};
  };
  EXPECT_NEAR(loss_of(spec, y, answers(1)), -std::log(0.75), 1e-6);
  spec.reduction = "sum";
  spec.blank = 1;
  EXPECT_NEAR(loss_of(spec, y, answers(0)), -2 * std::log(0.75), 1e-6);
}

TEST(Loss, OfLabellingsAlongAnyTimeAxis) {
  const Tensor steps_first = Tensor::of<float>({3, 1, 2}, {-1, -2, -3, -4, -5, -6});
  const std::vector<Tensor> answers{Tensor::of<std::int64_t>({1, 1}, {1}),
                                    Tensor::of<std::int64_t>({1}, {1}),
                                    Tensor::of<std::int64_t>({1}, {3})};
  const LossSpec batch_first{.type = "ctc", .time_axis = 1};
  EXPECT_EQ(loss_of({.type = "ctc"}, steps_first, answers),
            loss_of(batch_first, steps_first.reshaped({1, 3, 2}), answers));
  EXPECT_EQ(loss_inputs(batch_first, steps_first.type())[1].name, "target_lengths");
  EXPECT_EQ(loss_inputs(batch_first, steps_first.type())[2].name, "input_lengths");
}

TEST(Loss, RefusesWhatItCannotTake) {
  const Type numbers(DataType::kFloat32, Dims{2, 3});
  EXPECT_THROW(loss_inputs({.type = "hinge"}, numbers), Error);
  EXPECT_THROW(loss_inputs({.type = "mse", .reduction = "none"}, numbers), Error);
  EXPECT_THROW(loss_inputs({.type = "nll", .class_axis = 2}, numbers), Error);
  EXPECT_THROW(loss_inputs({.type = "nll"}, Type(DataType::kFloat32, Dims{})), Error);
  EXPECT_THROW(loss_inputs({.type = "ctc"}, numbers), Error);
  EXPECT_THROW(
      loss_inputs({.type = "ctc", .time_axis = 2}, Type(DataType::kFloat32, Dims{2, 3, 4})), Error);
  EXPECT_THROW(loss_inputs({.type = "mse"}, Type(DataType::kInt64, Dims{2})), Error);
  EXPECT_THROW(loss_inputs({.type = "ctc"}, Type(DataType::kFloat32, std::nullopt)), Error);
  EXPECT_THROW(loss_inputs({.type = "mse", .class_weights = {1}}, numbers), Error);
  EXPECT_THROW(loss_inputs({.type = "mse", .ignore_index = 0}, numbers), Error);
  EXPECT_THROW(loss_inputs({.type = "nll", .class_weights = {1, 2}}, numbers), Error);
  EXPECT_THROW(loss_inputs({.type = "nll", .label_smoothing = 0.1}, numbers), Error);
}

}  // namespace
}  // namespace gatefold::test
