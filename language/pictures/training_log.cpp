#include "language/pictures/training_log.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <utility>

#include "ir/error.h"
#include "language/pictures/drawing.h"
#include "session/arrays/files.h"

namespace gatefold {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kUsualName = "log.jsonl";
constexpr const char* kRate = "learning_rate";
constexpr const char* kTraining = "training_";
constexpr const char* kValidation = "validation_";
constexpr std::size_t kMostPoints = 1000;

/// Adds what the lines of one log say.
class LogReader {
 public:
  explicit LogReader(TrainingLog& log) : log_(log) {}

  void add(const std::string& text) {
    const json line = json::parse(text, nullptr, false);
    if (!line.is_object()) fail("it is not an object in JSON");
    if (!is_count(line, "epoch")) fail("it has no whole number 'epoch'");
    if (line.contains("step")) {
      if (!is_count(line, "step")) fail("its 'step' is no whole number");
      step_ = line["step"].get<double>();
      has_steps_ = true;
    } else {
      log_.epochs.push_back({line["epoch"].get<std::int64_t>(), {}, samples_of(line)});
    }
    for (const auto& [name, value] : line.items()) {
      if (name == "epoch" || name == "step" || name == "samples") continue;
      if (!value.is_number() && !value.is_null()) continue;
      const double number =
          value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
      log_.fields[name].push_back({step_, number});
      if (!line.contains("step")) log_.epochs.back().numbers[name] = number;
    }
  }

  bool has_steps() const { return has_steps_; }

 private:
  static bool is_count(const json& line, const char* name) {
    const auto found = line.find(name);
    return found != line.end() && found->is_number_integer() && *found >= 0;
  }

  static std::vector<Sample> samples_of(const json& line) {
    std::vector<Sample> samples;
    const auto found = line.find("samples");
    if (found == line.end() || !found->is_array()) return samples;
    for (const json& sample : *found) {
      const bool is_sample = sample.is_object() && sample.contains("text") &&
                             sample["text"].is_string() && sample.contains("answer") &&
                             sample["answer"].is_string();
      if (!is_sample) fail("one of its 'samples' has no 'text' or no 'answer'");
      samples.push_back({sample["text"].get<std::string>(), sample["answer"].get<std::string>()});
    }
    return samples;
  }

  TrainingLog& log_;
  double step_ = 0;
  bool has_steps_ = false;
};

TrainingLog read_log(const fs::path& path) {
  TrainingLog log;
  LogReader reader(log);
  std::istringstream lines(read_file(path));
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.empty()) continue;
    try {
      reader.add(line);
    } catch (const Error& error) {
      fail("'{}': line {} is not one of a log of training: {}", path.string(), number,
           error.what());
    }
  }
  if (!reader.has_steps()) {
    fail("'{}' holds no steps; train with --log to write some", path.string());
  }
  return log;
}

std::string short_name(const fs::path& path) {
  const bool is_usual = path.filename() == kUsualName && path.has_parent_path();
  return is_usual ? path.parent_path().filename().string() : path.stem().string();
}

/// Means over groups of neighbours, as many as a picture can show.
std::vector<Place> thinned(const std::vector<Place>& points) {
  const std::size_t group = (points.size() + kMostPoints - 1) / kMostPoints;
  if (group <= 1) return points;
  std::vector<Place> means;
  for (std::size_t begin = 0; begin < points.size(); begin += group) {
    const std::size_t end = std::min(begin + group, points.size());
    Place sum;
    for (std::size_t i = begin; i < end; ++i) sum = {sum.x + points[i].x, sum.y + points[i].y};
    const auto count = static_cast<double>(end - begin);
    means.push_back({sum.x / count, sum.y / count});
  }
  return means;
}

/// What may be plotted: "loss", "accuracy", "gradient_norm".
std::set<std::string> metrics_of(std::span<const TrainingLog> logs) {
  std::set<std::string> metrics;
  for (const TrainingLog& log : logs) {
    for (const auto& [field, points] : log.fields) {
      const std::string_view name = field;
      const std::size_t prefix = name.starts_with(kTraining) ? std::string_view(kTraining).size()
                                 : name.starts_with(kValidation)
                                     ? std::string_view(kValidation).size()
                                     : 0;
      metrics.emplace(name.substr(prefix));
    }
  }
  return metrics;
}

/// A field of logs, and how it is drawn.
struct ShownField {
  std::string field;
  std::string caption;  ///< Empty: the only one.
  ChartLine::Style style = ChartLine::Style::kSolid;
  bool is_on_second_axis = false;
};

bool is_of_epochs(std::string_view metric) {
  return metric.starts_with(kTraining) || metric.starts_with(kValidation);
}

std::vector<ShownField> shown_fields(const std::string& metric, bool with_rate) {
  if (is_of_epochs(metric)) return {{metric, ""}};
  std::vector<ShownField> fields{
      {metric, metric + " of each step", ChartLine::Style::kFaint},
      {kTraining + metric, "training", ChartLine::Style::kSolid},
      {kValidation + metric, "validation", ChartLine::Style::kDashed},
  };
  if (with_rate) fields.push_back({kRate, "learning rate", ChartLine::Style::kDotted, true});
  return fields;
}

ChartLine line_of(const TrainingLog& log, std::size_t run, const ShownField& field) {
  // Where each run has one line, dashes tell apart those that share a colour.
  const bool is_only = field.caption.empty();
  const bool is_dashed = is_only && run / kColours % 2 == 1;
  return {.name = is_only ? log.name : fmt::format("{}: {}", log.name, field.caption),
          .points = thinned(log.fields.at(field.field)),
          .style = is_dashed ? ChartLine::Style::kDashed : field.style,
          .colour = run,
          .is_on_second_axis = field.is_on_second_axis};
}

}  // namespace

std::vector<TrainingLog> read_training_logs(std::span<const fs::path> paths) {
  std::vector<fs::path> files;
  std::map<std::string, int> uses;
  for (const fs::path& path : paths) {
    files.push_back(fs::is_directory(path) ? path / kUsualName : path);
    ++uses[short_name(files.back().lexically_normal())];
  }
  std::vector<TrainingLog> logs;
  for (const fs::path& file : files) {
    TrainingLog& log = logs.emplace_back(read_log(file));
    log.name = short_name(file.lexically_normal());
    if (uses[log.name] > 1) log.name = file.string();
  }
  return logs;
}

LineChart chart_of(std::span<const TrainingLog> logs, const std::string& metric, bool with_rate) {
  const std::vector<ShownField> shown = shown_fields(metric, with_rate);
  const bool is_there = std::any_of(logs.begin(), logs.end(), [&](const TrainingLog& log) {
    return std::any_of(shown.begin(), shown.end(), [&](const ShownField& field) {
      return field.field != kRate && log.fields.contains(field.field);
    });
  });
  if (!is_there) {
    fail("no log holds the metric '{}'; there are {}", metric, fmt::join(metrics_of(logs), ", "));
  }
  LineChart chart{.title = fmt::format("{} over the steps of training", metric),
                  .x_label = "step",
                  .y_label = metric,
                  .second_label = with_rate ? "learning rate" : ""};
  for (std::size_t run = 0; run < logs.size(); ++run) {
    for (const ShownField& field : shown) {
      if (!logs[run].fields.contains(field.field)) continue;
      chart.lines.push_back(line_of(logs[run], run, field));
    }
  }
  return chart;
}

}  // namespace gatefold
