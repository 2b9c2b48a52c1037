#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "language/projects/project_samples.h"
#include "session/training/observer.h"
#include "tools/training/interrupt.h"

namespace gatefold::tools {

/// Shows the progress of a run: on a terminal one line that is written over, else a plain line now
/// and then. A star ends the line of the best epoch so far. Writes a line of JSON per step and
/// epoch to a log file, if there is one; its fields are numbers, or null if a number is not finite.
/// Samples of what a model says are shown and logged after each epoch.
class Progress : public TrainingObserver {
 public:
  /// An empty path means no log; `append` continues a log. `samples` may be nullptr. Throws Error
  /// when the log cannot be written.
  Progress(const std::filesystem::path& log, bool append, const ProjectSamples* samples = nullptr);

  void begin(const std::vector<std::string>& weights) override;
  void end_step(const Step& step) override;
  void end_epoch(const Epoch& epoch) override;
  void end(std::int64_t steps_done, std::int64_t total) override;
  /// The first SIGINT or SIGTERM asks for the end of the run.
  bool wants_stop() override { return interrupt_.requested(); }

 protected:
  /// Ends the line that is written over.
  void end_line();

 private:
  using Clock = std::chrono::steady_clock;

  void log(const Step& step);
  void log(const Epoch& epoch, const std::vector<Sample>& samples);

  bool is_terminal_;
  bool has_open_line_ = false;
  std::ofstream log_;
  std::string log_path_;
  const ProjectSamples* samples_of_model_;
  Interrupt interrupt_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point shown_ = Clock::time_point();
  std::int64_t steps_ = 0;
  std::int64_t samples_ = 0;
};

}  // namespace gatefold::tools
