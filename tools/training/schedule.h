#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gatefold::tools {

/// How the learning rate goes with the steps, as a factor of the base rate.
struct ScheduleSpec {
  std::string type = "constant";  ///< One of schedule_names().
  std::int64_t step_size = 0;     ///< step: steps from one change to the next; must be given.
  /// step, exponential, reduce_on_plateau: factor of a change; 0: 0.1, but exponential must have
  /// it.
  double gamma = 0;
  std::int64_t warmup_steps = 0;
  std::int64_t total_steps = 0;  ///< cosine: where it ends; 0: with the run.
  double min_rate = 0;
  std::int64_t patience = 10;  ///< reduce_on_plateau: bad epochs that are borne.
};

/// constant, step, exponential, linear_warmup, cosine, linear_warmup_cosine, reduce_on_plateau.
std::vector<std::string_view> schedule_names();

/// Gives each step its learning rate. With s the step, counted from 0, and w warm-up steps:
///   step: rate gamma^floor(s / step_size); exponential: rate gamma^s
///   linear_warmup: rate (s + 1) / w while s < w, then rate
///   cosine: min + (rate - min) (1 + cos(pi (s - w) / (total - w))) / 2 after a linear warm-up
///   reduce_on_plateau: rate gamma^k, k counting the times the loss was not lower for more than
///   `patience` epochs
class Schedule {
 public:
  /// Throws Error for an unknown type and for settings out of range.
  Schedule(ScheduleSpec spec, double rate);

  /// How many steps the run has, for schedules that end with it.
  void set_run_length(std::int64_t steps);
  double rate_at(std::int64_t step) const;
  /// To be called after each epoch with its loss.
  void end_epoch(double loss);

  /// What reduce_on_plateau remembers.
  struct Plateau {
    double best = 0;
    std::int64_t bad_epochs = -1;  ///< -1 before the first epoch.
    std::int64_t reductions = 0;
  };
  const Plateau& plateau() const { return plateau_; }
  void restore(const Plateau& plateau) { plateau_ = plateau; }

 private:
  ScheduleSpec spec_;
  double rate_;
  Plateau plateau_;
};

}  // namespace gatefold::tools
