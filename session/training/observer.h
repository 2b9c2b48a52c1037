#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "ir/tensor.h"
#include "session/training/metrics.h"

namespace gatefold {

/// Receives the progress of a training run and can end the run. Override the functions of interest;
/// the others do nothing. An exception from any of them ends the run.
class TrainingObserver {
 public:
  /// A step that has just ended.
  struct Step {
    std::int64_t step = 0;   ///< Counted from 1.
    std::int64_t total = 0;  ///< Number of steps in the run.
    std::int64_t epoch = 0;
    std::int64_t samples = 0;  ///< Number of examples in the step's batch.
    double loss = 0;
    double gradient_norm = 0;
    double learning_rate = 0;
    const Metrics& epoch_so_far;
  };

  /// An epoch that has just ended.
  struct Epoch {
    std::int64_t epoch = 0;    ///< Counted from 0.
    double learning_rate = 0;  ///< Of its last step.
    bool is_best = false;      ///< Whether no loss before was as low; see RunOptions::keep_best.
    const Metrics& training;
    const Metrics* validation = nullptr;  ///< nullptr without validation data.
    /// Returns copies of the trained weights as they are after the epoch, by name.
    std::function<std::map<std::string, Tensor>()> weights;
  };

  virtual ~TrainingObserver() = default;

  /// Called once before the first step, with the names of the trained weights.
  virtual void begin(const std::vector<std::string>& /*weights*/) {}
  /// Called after each step.
  virtual void end_step(const Step& /*step*/) {}
  /// Called after each epoch.
  virtual void end_epoch(const Epoch& /*epoch*/) {}
  /// Called when a checkpoint has been written.
  virtual void saved(const std::filesystem::path& /*folder*/) {}
  /// Called once after the last step.
  virtual void end(std::int64_t /*steps_done*/, std::int64_t /*total*/) {}
  /// Called before each step; returns whether to end the run there, after a checkpoint if the run
  /// writes any.
  virtual bool wants_stop() { return false; }
};

}  // namespace gatefold
