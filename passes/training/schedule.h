#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "passes/rewriting/graph_builder.h"

namespace gatefold {

/// The description of a learning-rate schedule: which formula gives the rate of an update, and its
/// settings. Class Schedule (session/training/schedule.h) follows one during a run.
struct ScheduleSpec {
  std::string type = "constant";  ///< One of schedule_names().
  std::int64_t step_size = 0;     ///< step: updates between changes; must be given.
  /// multistep: the updates at which the rate changes, rising; or the epochs, counted from 1, after
  /// which it does, which a run turns into updates.
  std::vector<std::int64_t> milestones = {};
  std::vector<std::int64_t> milestone_epochs = {};
  /// multistep: the rates before, between and after the milestones; empty: gamma at each.
  std::vector<double> rates = {};
  /// step, multistep, exponential, reduce_on_plateau: factor of a change; 0: 0.1, except that
  /// exponential must have one.
  double gamma = 0;
  std::int64_t warmup_steps = 0;
  std::int64_t total_steps = 0;  ///< cosine: the update at which it ends; 0: the run's last.
  double min_rate = 0;
  std::int64_t patience = 10;  ///< reduce_on_plateau: bad epochs that change nothing yet.
  double threshold = 1e-4;     ///< reduce_on_plateau: share of the best loss by which to improve.
  std::vector<double> first_rates = {};  ///< Rates of the first updates, whatever the type.
};

/// Returns constant, step, multistep, exponential, linear_warmup, cosine, linear_warmup_cosine,
/// reduce_on_plateau.
std::vector<std::string_view> schedule_names();

/// The values from which a rate is computed; double scalars.
struct ScheduleMoment {
  Value* base;
  Value* update;      ///< Number of the update, from 0.
  Value* reductions;  ///< Reductions by reduce_on_plateau so far.
};

/// Adds the formula of the learning rate to a graph and returns the rate, a double scalar. With s
/// the update and w the warm-up steps:
///   step: base gamma^floor(s / step_size); exponential: base gamma^s
///   multistep: base gamma^m, or the rate at place m of those given, with m the milestones <= s
///   linear_warmup: base (s + 1) / w while s < w, then base
///   cosine: min + (base - min) (1 + cos(pi (s - w) / (total - w))) / 2 after a linear warm-up
///   reduce_on_plateau: base gamma^reductions, at least min
/// Throws Error for an unknown type and for settings out of range.
Value* add_schedule(GraphBuilder& g, const ScheduleSpec& spec, const ScheduleMoment& moment);

}  // namespace gatefold
