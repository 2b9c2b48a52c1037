#pragma once

#include <cstdint>
#include <memory>

#include "ir/graph.h"
#include "passes/training/schedule.h"

namespace gatefold {

/// Computes the learning rate of each update while a run goes on: evaluates the formula that a
/// ScheduleSpec stands for (passes/training/schedule.h) for each update, and keeps what
/// reduce_on_plateau remembers. That type counts a reduction when the loss was not below (1 -
/// threshold) times its best for more than `patience` epochs, unless the rate would change by at
/// most 1e-8. Source: torch.optim.lr_scheduler.
class Schedule {
 public:
  /// `rate` is the base rate. Throws Error for an unknown type and for settings out of range.
  Schedule(ScheduleSpec spec, double rate);

  /// Sets the number of updates in the run, for schedules that end with it, and in an epoch, for
  /// those whose milestones are epochs.
  void set_run_length(std::int64_t updates, std::int64_t updates_per_epoch);
  /// Returns the learning rate of an update, counted from 0.
  double rate_at(std::int64_t update) const;
  /// Takes the loss of an epoch; call it after each one.
  void end_epoch(double loss);

  /// What reduce_on_plateau remembers between epochs.
  struct Plateau {
    double best = 0;
    std::int64_t bad_epochs = -1;  ///< -1 before the first epoch.
    std::int64_t reductions = 0;
  };
  const Plateau& plateau() const { return plateau_; }
  void restore(const Plateau& plateau) { plateau_ = plateau; }

 private:
  void build();
  double rate_at(std::int64_t update, std::int64_t reductions) const;

  ScheduleSpec spec_;
  double rate_;
  std::int64_t updates_per_epoch_ = 1;
  std::shared_ptr<Graph> formula_;
  Plateau plateau_;
};

}  // namespace gatefold
