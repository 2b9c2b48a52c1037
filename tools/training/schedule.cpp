#include "tools/training/schedule.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numbers>
#include <utility>

#include "ir/error.h"

namespace gatefold::tools {
namespace {

constexpr double kUsualGamma = 0.1;

struct Moment {
  const ScheduleSpec& spec;
  double rate;
  std::int64_t step;
  std::int64_t reductions;

  bool is_warming_up() const { return step < spec.warmup_steps; }
  double warm() const {
    return rate * static_cast<double>(step + 1) / static_cast<double>(spec.warmup_steps);
  }
};

double constant(const Moment& now) { return now.rate; }

double stepwise(const Moment& now) {
  const std::int64_t changes = now.step / now.spec.step_size;
  return now.rate * std::pow(now.spec.gamma, static_cast<double>(changes));
}

double exponential(const Moment& now) {
  return now.rate * std::pow(now.spec.gamma, static_cast<double>(now.step));
}

double linear_warmup(const Moment& now) { return now.is_warming_up() ? now.warm() : now.rate; }

double cosine(const Moment& now) {
  if (now.is_warming_up()) return now.warm();
  const ScheduleSpec& spec = now.spec;
  const auto length = static_cast<double>(spec.total_steps - spec.warmup_steps);
  const double part =
      std::min(1.0, static_cast<double>(now.step - spec.warmup_steps) / std::max(1.0, length));
  return spec.min_rate + (now.rate - spec.min_rate) * (1 + std::cos(std::numbers::pi * part)) / 2;
}

double reduce_on_plateau(const Moment& now) {
  const double rate = now.rate * std::pow(now.spec.gamma, static_cast<double>(now.reductions));
  return std::max(rate, now.spec.min_rate);
}

struct ScheduleRow {
  std::string_view name;
  double (*rate)(const Moment& now);
};

constexpr ScheduleRow kSchedules[] = {
    {"constant", constant},
    {"step", stepwise},
    {"exponential", exponential},
    {"linear_warmup", linear_warmup},
    {"cosine", cosine},
    {"linear_warmup_cosine", cosine},
    {"reduce_on_plateau", reduce_on_plateau},
};

const ScheduleRow* find_schedule(std::string_view name) {
  const auto* row = std::find_if(std::begin(kSchedules), std::end(kSchedules),
                                 [&](const ScheduleRow& known) { return known.name == name; });
  return row == std::end(kSchedules) ? nullptr : row;
}

void check_settings(const ScheduleSpec& spec) {
  const auto require = [&spec](bool is_fine, std::string_view name, auto number,
                               std::string_view rule) {
    if (!is_fine) fail("schedule '{}': {} is {}; it must be {}", spec.type, name, number, rule);
  };
  require(spec.type != "step" || spec.step_size > 0, "step_size", spec.step_size, "at least 1");
  require(spec.type != "exponential" || spec.gamma != 0, "gamma", spec.gamma, "given");
  require(spec.gamma >= 0, "gamma", spec.gamma, "more than 0");
  require(spec.warmup_steps >= 0, "warmup_steps", spec.warmup_steps, "at least 0");
  require(spec.total_steps == 0 || spec.total_steps > spec.warmup_steps, "total_steps",
          spec.total_steps, "more than warmup_steps");
  require(spec.min_rate >= 0, "min_lr", spec.min_rate, "at least 0");
  require(spec.patience >= 0, "patience", spec.patience, "at least 0");
}

}  // namespace

std::vector<std::string_view> schedule_names() {
  std::vector<std::string_view> names;
  for (const ScheduleRow& row : kSchedules) names.push_back(row.name);
  return names;
}

Schedule::Schedule(ScheduleSpec spec, double rate) : spec_(std::move(spec)), rate_(rate) {
  if (find_schedule(spec_.type) == nullptr) {
    fail("unknown learning rate schedule '{}'; known schedules: {}", spec_.type,
         fmt::join(schedule_names(), ", "));
  }
  check_settings(spec_);
  if (spec_.gamma == 0) spec_.gamma = kUsualGamma;
}

void Schedule::set_run_length(std::int64_t steps) {
  if (spec_.total_steps == 0) spec_.total_steps = steps;
}

double Schedule::rate_at(std::int64_t step) const {
  return find_schedule(spec_.type)->rate({spec_, rate_, step, plateau_.reductions});
}

void Schedule::end_epoch(double loss) {
  if (plateau_.bad_epochs < 0 || loss < plateau_.best) {
    plateau_.best = loss;
    plateau_.bad_epochs = 0;
  } else if (++plateau_.bad_epochs > spec_.patience) {
    ++plateau_.reductions;
    plateau_.bad_epochs = 0;
  }
}

}  // namespace gatefold::tools
