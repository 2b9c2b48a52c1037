#include <fmt/format.h>
#include <gtest/gtest.h>

#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "ir/evaluate.h"
#include "passes/training/loss.h"
#include "passes/training/optimizer.h"
#include "passes/training/schedule.h"
#include "passes/training/training_step.h"

namespace gatefold::test {
namespace {

/// One default: PyTorch's as its documentation states it, and Gatefold's.
struct Default {
  std::string_view torch_class;
  std::string_view name;  ///< PyTorch's.
  double torch_value;
  double value;
  std::string_view reason = {};  ///< Why they differ.
};

OptimizerSpec optimizer(const char* type) { return with_defaults({.type = type}); }

std::vector<Default> optimizer_defaults() {
  const OptimizerSpec sgd = optimizer("sgd");
  const OptimizerSpec adam = optimizer("adam");
  const OptimizerSpec adamw = optimizer("adamw");
  const OptimizerSpec adagrad = optimizer("adagrad");
  const OptimizerSpec rmsprop = optimizer("rmsprop");
  return {
      {"SGD", "lr", 1e-3, *sgd.learning_rate},
      {"SGD", "momentum", 0, sgd.momentum},
      {"SGD", "dampening", 0, sgd.dampening},
      {"SGD", "weight_decay", 0, *sgd.weight_decay},
      {"SGD", "nesterov", 0, static_cast<double>(sgd.nesterov)},
      {"Adam", "lr", 1e-3, *adam.learning_rate},
      {"Adam", "betas[0]", 0.9, adam.beta1},
      {"Adam", "betas[1]", 0.999, adam.beta2},
      {"Adam", "eps", 1e-8, *adam.epsilon},
      {"Adam", "weight_decay", 0, *adam.weight_decay},
      {"Adam", "amsgrad", 0, static_cast<double>(adam.amsgrad)},
      {"AdamW", "lr", 1e-3, *adamw.learning_rate},
      {"AdamW", "betas[0]", 0.9, adamw.beta1},
      {"AdamW", "betas[1]", 0.999, adamw.beta2},
      {"AdamW", "eps", 1e-8, *adamw.epsilon},
      {"AdamW", "weight_decay", 1e-2, *adamw.weight_decay},
      {"AdamW", "amsgrad", 0, static_cast<double>(adamw.amsgrad)},
      {"Adagrad", "lr", 1e-2, *adagrad.learning_rate},
      {"Adagrad", "lr_decay", 0, adagrad.learning_rate_decay},
      {"Adagrad", "weight_decay", 0, *adagrad.weight_decay},
      {"Adagrad", "initial_accumulator_value", 0, adagrad.initial_accumulator},
      {"Adagrad", "eps", 1e-10, *adagrad.epsilon},
      {"RMSprop", "lr", 1e-2, *rmsprop.learning_rate},
      {"RMSprop", "alpha", 0.99, rmsprop.alpha},
      {"RMSprop", "eps", 1e-8, *rmsprop.epsilon},
      {"RMSprop", "weight_decay", 0, *rmsprop.weight_decay},
      {"RMSprop", "momentum", 0, rmsprop.momentum},
      {"RMSprop", "centered", 0, static_cast<double>(rmsprop.centered)},
  };
}

std::vector<Default> loss_defaults() {
  const LossSpec loss;
  const double is_sum = loss.reduction == "mean" ? 0 : 1;
  std::vector<Default> defaults;
  for (const char* type : {"CrossEntropyLoss", "NLLLoss"}) {
    defaults.push_back({type, "reduction", 0, is_sum});
    defaults.push_back({type, "ignore_index", -100, static_cast<double>(*loss.ignore_index)});
    defaults.push_back({type, "weight", 0, static_cast<double>(loss.class_weights.size())});
    defaults.push_back({type, "class axis", 1, static_cast<double>(loss.class_axis),
                        "no setting in PyTorch; exported models mostly have their classes last"});
  }
  defaults.push_back({"CrossEntropyLoss", "label_smoothing", 0, loss.label_smoothing});
  for (const char* type : {"MSELoss", "L1Loss", "HuberLoss", "SmoothL1Loss", "BCELoss",
                           "BCEWithLogitsLoss", "CTCLoss"}) {
    defaults.push_back({type, "reduction", 0, is_sum});
  }
  defaults.push_back({"HuberLoss", "delta", 1, loss.delta});
  defaults.push_back({"SmoothL1Loss", "beta", 1, loss.delta});
  defaults.push_back({"CTCLoss", "blank", 0, static_cast<double>(loss.blank)});
  defaults.push_back({"CTCLoss", "zero_infinity", 0, static_cast<double>(loss.zero_infinity)});
  defaults.push_back({"CTCLoss", "time axis", 0, static_cast<double>(loss.time_axis)});
  return defaults;
}

/// The rate that a schedule makes of 1 in update 1 and after one reduction.
double rate(const ScheduleSpec& spec) {
  Graph graph;
  GraphBuilder g(graph);
  const auto number = [&](double value) { return g.add_constant("number", Tensor::scalar(value)); };
  graph.add_output("rate", add_schedule(g, spec, {number(1), number(1), number(1)}));
  return std::get<Tensor>(evaluate(graph, {}).front()).number_at(0);
}

std::vector<Default> schedule_defaults() {
  const ScheduleSpec schedule;
  const TrainingSpec step;
  return {
      {"StepLR", "gamma", 0.1, rate({.type = "step", .step_size = 1})},
      {"StepLR", "step_size", 0, static_cast<double>(schedule.step_size)},  // Must be given.
      {"ExponentialLR", "gamma", 0, schedule.gamma},                        // Must be given.
      {"CosineAnnealingLR", "eta_min", 0, schedule.min_rate},
      {"CosineAnnealingLR", "T_max", 0, static_cast<double>(schedule.total_steps)},  // The run's.
      {"ReduceLROnPlateau", "factor", 0.1, rate({.type = "reduce_on_plateau"})},
      {"ReduceLROnPlateau", "patience", 10, static_cast<double>(schedule.patience)},
      {"ReduceLROnPlateau", "threshold", 1e-4, schedule.threshold},
      {"ReduceLROnPlateau", "min_lr", 0, schedule.min_rate},
      {"clip_grad_norm_", "max_norm", 0, step.clip_norm},      // No clipping unless asked for.
      {"clip_grad_value_", "clip_value", 0, step.clip_value},  // The same.
  };
}

// Settings that have a default in PyTorch and none here, like ReduceLROnPlateau's cooldown, are at
// that default; its eps is tested with the schedule. ONNX's own optimizers (Adagrad with epsilon
// 1e-6) are operators of files that state them, and have ONNX's defaults.
TEST(TrainingDefaults, AreThoseOfPyTorch) {
  std::size_t compared = 0;
  for (const auto& defaults : {optimizer_defaults(), loss_defaults(), schedule_defaults()}) {
    for (const Default& row : defaults) {
      std::cout << fmt::format("{} {}: {}{}{}\n", row.torch_class, row.name, row.value,
                               row.reason.empty() ? "" : ", not PyTorch's: ", row.reason);
      ++compared;
      if (row.reason.empty()) {
        EXPECT_EQ(row.value, row.torch_value) << row.torch_class << ' ' << row.name;
      } else {
        EXPECT_NE(row.value, row.torch_value) << row.torch_class << ' ' << row.name;
      }
    }
  }
  std::cout << fmt::format("compared {} defaults of {} optimizers, {} losses and {} schedules\n",
                           compared, optimizer_names().size(), loss_names().size(),
                           schedule_names().size());
}

}  // namespace
}  // namespace gatefold::test
