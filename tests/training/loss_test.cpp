#include "passes/training/loss.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "ir/error.h"
#include "ir/evaluate.h"

namespace gatefold::test {
namespace {

double loss_of(const LossSpec& spec, const Tensor& output, const Tensor& target) {
  Graph graph;
  GraphBuilder g(graph);
  Value* y = graph.add_input("y", output.type());
  Value* t = graph.add_input("t", target_type(spec, y->type()));
  EXPECT_EQ(t->type(), target.type());
  graph.add_output("loss", add_loss(g, spec, *y, *t));
  const Tensor loss = std::get<Tensor>(evaluate(graph, {output, target}).front());
  EXPECT_EQ(loss.rank(), 0);
  return loss.number_at(0);
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
  expect_mean_and_sum({.type = "nll"}, Tensor::of<float>({2, 2}, {-1, -2, -3, -4}), t, 5, 2);
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

TEST(Loss, RefusesWhatItCannotTake) {
  const Type numbers(DataType::kFloat32, Dims{2, 3});
  EXPECT_THROW(target_type({.type = "hinge"}, numbers), Error);
  EXPECT_THROW(target_type({.type = "mse", .reduction = "none"}, numbers), Error);
  EXPECT_THROW(target_type({.type = "nll", .class_axis = 2}, numbers), Error);
  EXPECT_THROW(target_type({.type = "nll"}, Type(DataType::kFloat32, Dims{})), Error);
  EXPECT_THROW(target_type({.type = "mse"}, Type(DataType::kInt64, Dims{2})), Error);
  EXPECT_THROW(target_type({.type = "mse"}, Type(DataType::kFloat32, std::nullopt)), Error);
}

}  // namespace
}  // namespace gatefold::test
