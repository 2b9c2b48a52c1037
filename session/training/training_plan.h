#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "ir/graph.h"
#include "passes/training/schedule.h"
#include "passes/training/training_step.h"

namespace gatefold {

/// How to train a model: the step, the learning rate, the carried states, the length.
struct TrainingPlan {
  TrainingSpec step = {};
  ScheduleSpec schedule = {};
  std::vector<CarriedState> carried = {};
  std::int64_t steps = 0;  ///< Number of steps; 0: not stated.

  /// How far the numbers of a run may differ from those that a training test expects.
  struct Tolerance {
    double loss_relative = 1e-5;
    double loss_absolute = 1e-6;
    double gradient = 1e-5;  ///< Relative to the largest element of the tensor.
    double weight = 1e-5;
  };
  Tolerance tolerance = {};
};

/// Returns the plan for a model, with the output named that the loss judges. Throws Error as
/// check_states does.
TrainingPlan completed(TrainingPlan plan, const Graph& model);

/// Reads a plan from JSON: the fields `loss`, `optimizer`, `lr_schedule`, `lr_per_step`,
/// `clip_norm`, `clip_value`, `accumulate`, `carried`, `trainable`, `dropout`, `padding`,
/// `checkpoint_every`, `steps`, `target` and `suggested_tolerance`, all optional, and those by
/// which training tests describe themselves. Throws Error, naming the field, for other fields and
/// for values of the wrong kind.
TrainingPlan read_training_plan(const std::filesystem::path& path);
/// Reads a plan from JSON in memory. Messages call it `name`.
TrainingPlan parse_training_plan(std::string_view json, std::string_view name = "the plan");

}  // namespace gatefold
