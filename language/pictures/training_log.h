#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "language/decoding/sample.h"
#include "language/pictures/line_chart.h"
#include "language/pictures/place.h"

namespace gatefold {

/// What a log says after an epoch.
struct LoggedEpoch {
  std::int64_t epoch = 0;                 ///< Counted from 0.
  std::map<std::string, double> numbers;  ///< By field.
  std::vector<Sample> samples;            ///< What the model said then.
};

/// What the log of a training run (train --log) says, number by number.
struct TrainingLog {
  std::string name;
  /// For each field, such as loss or validation_accuracy, the step and the number: after every
  /// step or, where the field belongs to epochs, after the last step of each. Null is NaN.
  std::map<std::string, std::vector<Place>, std::less<>> fields = {};
  std::vector<LoggedEpoch> epochs = {};
};

/// Reads logs, or those of project folders. A log is called like its folder if the file is called
/// log.jsonl, else like its file; those that would share a name are called by their paths. Throws
/// Error for a line that is not one of a log, with its number, and for a log without steps.
std::vector<TrainingLog> read_training_logs(std::span<const std::filesystem::path> paths);

/// Makes a chart of a metric over the steps: its value at each step, after each epoch for the
/// training data and after each epoch for the validation data, as far as the logs have them; or of
/// one field of epochs alone, such as validation_loss, where the metric names that. Where
/// a log has more than 1,000 steps, means over equal groups are shown. `with_rate` adds the
/// learning rate, with an axis of its own. Throws Error for a metric that no log has, and lists
/// those that there are.
LineChart chart_of(std::span<const TrainingLog> logs, const std::string& metric, bool with_rate);

}  // namespace gatefold
