#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "session/training/metrics.h"

namespace gatefold {

/// Receives what a run of training has to tell, and tells it when to stop. Every function may be
/// left as it is.
class TrainingObserver {
 public:
  /// A step that was just done.
  struct Step {
    std::int64_t step = 0;   ///< Counted from 1.
    std::int64_t total = 0;  ///< Of the run.
    std::int64_t epoch = 0;
    std::int64_t samples = 0;  ///< In the step's batch.
    double loss = 0;
    double gradient_norm = 0;
    double learning_rate = 0;
    const Metrics& epoch_so_far;
  };

  virtual ~TrainingObserver() = default;

  /// Called once before the first step with the names of what is trained. An exception ends the
  /// run.
  virtual void begin(const std::vector<std::string>& /*weights*/) {}
  virtual void end_step(const Step& /*step*/) {}
  /// `validation` is nullptr where there is none.
  virtual void end_epoch(std::int64_t /*epoch*/, const Metrics& /*training*/,
                         const Metrics* /*validation*/) {}
  /// A checkpoint was written.
  virtual void saved(const std::filesystem::path& /*folder*/) {}
  /// Called once after the last step.
  virtual void end(std::int64_t /*steps_done*/, std::int64_t /*total*/) {}
  /// Asked before each step: whether to end the run there, with a checkpoint where one is wanted.
  virtual bool wants_stop() { return false; }
};

}  // namespace gatefold
