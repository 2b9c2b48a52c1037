#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "passes/rewriting/graph_builder.h"

namespace gatefold {

/// How the learning rate goes with the updates.
struct ScheduleSpec {
  std::string type = "constant";  ///< One of schedule_names().
  std::int64_t step_size = 0;     ///< step: updates from one change to the next; must be given.
  /// step, exponential, reduce_on_plateau: factor of a change; 0: 0.1, but exponential must have
  /// it.
  double gamma = 0;
  std::int64_t warmup_steps = 0;
  std::int64_t total_steps = 0;  ///< cosine: where it ends; 0: with the run.
  double min_rate = 0;
  std::int64_t patience = 10;  ///< reduce_on_plateau: bad epochs that are borne.
  double threshold = 1e-4;  ///< reduce_on_plateau: part of its best by which a loss must be lower.
  std::vector<double> first_rates = {};  ///< Of the first updates, whatever the type.
};

/// constant, step, exponential, linear_warmup, cosine, linear_warmup_cosine, reduce_on_plateau.
std::vector<std::string_view> schedule_names();

/// What a rate is computed from; double scalars.
struct ScheduleMoment {
  Value* base;
  Value* update;      ///< Its number, from 0.
  Value* reductions;  ///< Those of reduce_on_plateau so far.
};

/// Adds the learning rate of an update to a graph; a double scalar. With s the update and w warm-up
/// steps:
///   step: base gamma^floor(s / step_size); exponential: base gamma^s
///   linear_warmup: base (s + 1) / w while s < w, then base
///   cosine: min + (base - min) (1 + cos(pi (s - w) / (total - w))) / 2 after a linear warm-up
///   reduce_on_plateau: base gamma^reductions, at least min
/// Throws Error for an unknown type and for settings out of range.
Value* add_schedule(GraphBuilder& g, const ScheduleSpec& spec, const ScheduleMoment& moment);

}  // namespace gatefold
