#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "session/training/metrics.h"

namespace gatefold::tools {

/// Tells how a run is going: one line that is written over on a terminal, else a plain line now and
/// then; and a line of JSON per step and epoch in a log file, when there is one. Its fields are
/// numbers, null where one is not finite.
class Progress {
 public:
  struct Step {
    std::int64_t step = 0;   ///< Counted from 1.
    std::int64_t total = 0;  ///< Of the run.
    std::int64_t epoch = 0;
    std::int64_t samples = 0;  ///< In the step's batch.
    double loss = 0;
    double gradient_norm = 0;
    double learning_rate = 0;
    std::string metrics;  ///< "loss 1.23, accuracy 0.5": of the epoch so far.
  };

  /// An empty path: no log. `append` goes on with a log. Throws Error when it cannot be written.
  Progress(const std::filesystem::path& log, bool append);

  void show_step(const Step& step);
  /// A line that stays: the end of an epoch, with the metrics of training and of validation, which
  /// is nullptr where there is none.
  void show_epoch(std::int64_t epoch, const Metrics& training, const Metrics* validation);
  /// Ends the line that is written over.
  void end_line();

 private:
  using Clock = std::chrono::steady_clock;

  void log(const Step& step);

  bool is_terminal_;
  bool has_open_line_ = false;
  std::ofstream log_;
  std::string log_path_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point shown_ = Clock::time_point();
  std::int64_t steps_ = 0;
  std::int64_t samples_ = 0;
};

}  // namespace gatefold::tools
