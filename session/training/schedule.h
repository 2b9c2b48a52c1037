#pragma once

#include <cstdint>
#include <memory>

#include "ir/graph.h"
#include "passes/training/schedule.h"

namespace gatefold {

/// Gives each update of a run its learning rate; see add_schedule. reduce_on_plateau counts a
/// reduction when the loss was not below (1 - threshold) times its best for more than `patience`
/// epochs, unless the rate would change by no more than 1e-8. Source: torch.optim.lr_scheduler.
class Schedule {
 public:
  /// Throws Error for an unknown type and for settings out of range.
  Schedule(ScheduleSpec spec, double rate);

  /// How many updates the run has, for schedules that end with it.
  void set_run_length(std::int64_t updates);
  double rate_at(std::int64_t update) const;
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
  void build();
  double rate_at(std::int64_t update, std::int64_t reductions) const;

  ScheduleSpec spec_;
  double rate_;
  std::shared_ptr<Graph> formula_;
  Plateau plateau_;
};

}  // namespace gatefold
