#include "tools/training/progress.h"

#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ir/error.h"
#include "tools/output.h"
#include "tools/resident_memory.h"
#include "tools/table.h"

namespace gatefold::tools {
namespace {

using std::chrono::duration;

constexpr duration<double> kTerminalPause{0.1};
constexpr duration<double> kPlainPause{2};

void add_metrics(nlohmann::ordered_json& line, const std::string& kind, const Metrics& metrics) {
  line[kind + "_loss"] = metrics.loss();
  const std::vector<double> values = metrics.values();
  for (std::size_t i = 0; i < values.size(); ++i) {
    line[kind + "_" + metrics.names()[i]] = values[i];
  }
}

std::string in_one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

Progress::Progress(const std::filesystem::path& log, bool append, const ProjectSamples* samples)
    : is_terminal_(isatty(STDOUT_FILENO) != 0),
      log_path_(log.string()),
      samples_of_model_(samples) {
  if (log_path_.empty()) return;
  log_.open(log, append ? std::ios::app : std::ios::trunc);
  if (!log_) fail("'{}' cannot be written", log_path_);
}

void Progress::log(const Step& step) {
  const nlohmann::ordered_json line{{"step", step.step},
                                    {"epoch", step.epoch},
                                    {"loss", step.loss},
                                    {"gradient_norm", step.gradient_norm},
                                    {"learning_rate", step.learning_rate},
                                    {"samples", step.samples}};
  log_ << line.dump() << '\n' << std::flush;
  if (!log_) fail("'{}' cannot be written", log_path_);
}

void Progress::log(const Epoch& epoch, const std::vector<Sample>& samples) {
  nlohmann::ordered_json line{{"epoch", epoch.epoch}};
  add_metrics(line, "training", epoch.training);
  if (epoch.validation != nullptr) add_metrics(line, "validation", *epoch.validation);
  for (const Sample& sample : samples) {
    line["samples"].push_back({{"text", sample.text}, {"answer", sample.answer}});
  }
  log_ << line.dump() << '\n' << std::flush;
  if (!log_) fail("'{}' cannot be written", log_path_);
}

void Progress::begin(const std::vector<std::string>& /*weights*/) { return_freed_memory(); }

void Progress::end_step(const Step& step) {
  if (log_.is_open()) log(step);
  ++steps_;
  samples_ += step.samples;
  const auto now = Clock::now();
  if (now - shown_ < (is_terminal_ ? kTerminalPause : kPlainPause)) return;
  shown_ = now;
  const double seconds = duration<double>(now - start_).count();
  const double left =
      seconds / static_cast<double>(steps_) * static_cast<double>(step.total - step.step);
  const std::string line = fmt::format(
      "epoch {}, step {}/{}: {}, rate {:.4g}, {:.0f} samples/s, {} left", step.epoch + 1, step.step,
      step.total, step.epoch_so_far.to_string(), step.learning_rate,
      static_cast<double>(samples_) / seconds, format_seconds(left));
  print("{}{}{}", is_terminal_ ? "\r\x1b[K" : "", line, is_terminal_ ? "" : "\n");
  has_open_line_ = is_terminal_;
  flush_output();
}

void Progress::end_epoch(const Epoch& epoch) {
  end_line();
  print("epoch {}: {}, rate {:.4g}{}{}\n", epoch.epoch + 1, epoch.training.to_string(),
        epoch.learning_rate,
        epoch.validation == nullptr ? "" : "; validation " + epoch.validation->to_string(),
        epoch.is_best ? " *" : "");
  std::vector<Sample> samples;
  if (samples_of_model_ != nullptr) samples = samples_of_model_->answers(epoch.weights());
  for (const Sample& sample : samples) {
    print("    {} → {}\n", in_one_line(sample.text), in_one_line(sample.answer));
  }
  flush_output();
  if (log_.is_open()) log(epoch, samples);
}

void Progress::end(std::int64_t steps_done, std::int64_t total) {
  end_line();
  print("{} {} of {} steps\n", steps_done < total ? "stopped after" : "trained", steps_done, total);
}

void Progress::end_line() {
  if (has_open_line_) print("\r\x1b[K");
  has_open_line_ = false;
}

}  // namespace gatefold::tools
