#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "passes/training/schedule.h"
#include "passes/training/training_step.h"

namespace gatefold {

/// Everything that tells how a model is to be trained.
struct TrainingPlan {
  TrainingSpec step;
  ScheduleSpec schedule;
  std::vector<CarriedState> carried;
  std::int64_t steps = 0;  ///< How many; 0: not said.

  /// How far the numbers of a run may be off those that a training test expects.
  struct Tolerance {
    double loss_relative = 1e-5;
    double loss_absolute = 1e-6;
    double gradient = 1e-5;  ///< Of the largest element of the tensor.
    double weight = 1e-5;
  };
  Tolerance tolerance = {};
};

/// Reads a plan from JSON: the fields `loss`, `optimizer`, `lr_schedule`, `lr_per_step`,
/// `clip_norm`, `clip_value`, `accumulate`, `carried`, `trainable`, `checkpoint_every`, `steps`,
/// `target` and `suggested_tolerance`, each optional, and those with which training tests describe
/// themselves. Throws Error, naming the field, for others and for a value of the wrong kind.
TrainingPlan read_training_plan(const std::filesystem::path& path);

}  // namespace gatefold
