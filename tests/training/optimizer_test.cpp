#include "passes/training/optimizer.h"

#include <gtest/gtest.h>

#include <limits>

#include "ir/error.h"
#include "ir/evaluate.h"

namespace gatefold::test {
namespace {

constexpr double kRate = 0.1;

/// A weight of 1 after each of the steps, of which `gradients` are the gradients.
std::vector<double> weights_after(const OptimizerSpec& spec, const std::vector<double>& gradients) {
  Graph graph;
  GraphBuilder g(graph);
  const Type weight_type(DataType::kFloat32, Dims{1});
  Value* weight = graph.add_input("w", weight_type);
  Value* gradient = graph.add_input("g", weight_type);
  Value* rate = graph.add_input("rate", Type(DataType::kFloat32, Dims{}));
  Value* step = graph.add_input("step", Type(DataType::kFloat64, Dims{}));
  const WeightUpdate update = add_update(g, spec, *weight, {gradient}, {rate, step});
  graph.add_output("w_next", update.weight);
  std::vector<Datum> slots;
  for (const OptimizerSlot& slot : update.slots) {
    graph.add_output(slot.name + "_next", slot.after);
    slots.emplace_back(Tensor::of<float>({1}, {static_cast<float>(slot.initial)}));
  }
  std::vector<double> weights;
  Datum now = Tensor::of<float>({1}, {1});
  for (std::size_t t = 0; t < gradients.size(); ++t) {
    std::vector<Datum> inputs{now, Tensor::of<float>({1}, {static_cast<float>(gradients[t])}),
                              Tensor::scalar(static_cast<float>(kRate)),
                              Tensor::scalar(static_cast<double>(t + 1))};
    inputs.insert(inputs.end(), slots.begin(), slots.end());
    const std::vector<Datum> outputs = evaluate(graph, inputs);
    now = outputs.front();
    slots.assign(outputs.begin() + 1, outputs.end());
    weights.push_back(std::get<Tensor>(now).number_at(0));
  }
  return weights;
}

void expect_weights(const OptimizerSpec& spec, const std::vector<double>& gradients,
                    const std::vector<double>& expected) {
  const std::vector<double> found = weights_after(spec, gradients);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(found[i], expected[i], 1e-6) << spec.type << " in step " << i;
  }
}

TEST(Optimizer, Sgd) {
  expect_weights({}, {0.5, 0.2}, {0.95, 0.93});
  expect_weights({.weight_decay = 0.1}, {0.5}, {0.94});
  expect_weights({.momentum = 0.9}, {0.5, 0.2}, {0.95, 0.885});
  expect_weights({.momentum = 0.9, .dampening = 0.5}, {0.5, 0.2}, {0.95, 0.895});
  expect_weights({.momentum = 0.9, .nesterov = true}, {0.5, 0.2}, {0.905, 0.8265});
}

TEST(Optimizer, Adam) {
  expect_weights({.type = "adam"}, {0.5, -0.5}, {0.9, 0.90526316});
  expect_weights({.type = "adam", .weight_decay = 0.5}, {-0.5, 0}, {1, 0.92558632});
  expect_weights({.type = "adam", .epsilon = 0.5}, {0.5}, {0.95});
  expect_weights({.type = "adam", .beta2 = 0.5, .amsgrad = true}, {1, 0}, {0.9, 0.84198576});
  expect_weights({.type = "adamw", .weight_decay = 0.1}, {0.5}, {0.89});
}

TEST(Optimizer, Adagrad) {
  const OptimizerSpec spec{
      .type = "adagrad", .learning_rate_decay = 0.5, .initial_accumulator = 0.25};
  expect_weights(spec, {0.5, 0.5}, {0.92928932, 0.89079930});
}

// With its own epsilon, 1e-10.
TEST(Optimizer, AdagradTakesStepsOfSmallGradients) {
  expect_weights({.type = "adagrad"}, {1e-9}, {1 - 0.1 / 1.1});
}

TEST(Optimizer, Rmsprop) {
  expect_weights({.type = "rmsprop", .alpha = 0.9}, {0.5}, {0.68377223});
  expect_weights({.type = "rmsprop", .momentum = 0.5, .alpha = 0.9, .centered = true}, {0.5, 0},
                 {0.66666667, 0.5});
}

TEST(Optimizer, RefusesSettingsOutOfRange) {
  const OptimizerSpec kSpecs[] = {
      {.type = "lion"},
      {.learning_rate = -1},
      {.learning_rate = std::numeric_limits<double>::quiet_NaN()},
      {.weight_decay = -1},
      {.momentum = -0.1},
      {.nesterov = true},
      {.momentum = 0.9, .dampening = 0.1, .nesterov = true},
      {.type = "adam", .momentum = 0.9},
      {.type = "adagrad", .centered = true},
      {.type = "adam", .beta1 = 1},
      {.type = "adam", .beta2 = -0.1},
      {.type = "adam", .epsilon = -1},
      {.type = "adagrad", .learning_rate_decay = -1},
      {.type = "rmsprop", .alpha = -1},
  };
  for (const OptimizerSpec& spec : kSpecs) EXPECT_THROW(weights_after(spec, {1}), Error);
}

}  // namespace
}  // namespace gatefold::test
