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
};

/// Reads a plan from JSON: the fields `loss`, `optimizer`, `lr_schedule`, `lr_per_step`,
/// `clip_norm`, `clip_value`, `accumulate`, `carried`, `trainable`, `checkpoint_every`, `steps` and
/// `target`, each
/// optional; others are ignored. Throws Error, naming the field, for a value of the wrong kind.
TrainingPlan read_training_plan(const std::filesystem::path& path);

}  // namespace gatefold
