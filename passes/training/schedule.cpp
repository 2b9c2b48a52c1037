#include "passes/training/schedule.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <numbers>

#include "ir/error.h"

namespace gatefold {
namespace {

constexpr double kUsualGamma = 0.1;

struct Moment {
  const ScheduleSpec& spec;
  Term rate;
  Term update;
  Term reductions;

  /// gamma^count
  Term changed(const Term& count) const {
    return count.number(spec.gamma == 0 ? kUsualGamma : spec.gamma).apply("Pow", count);
  }
  /// `after`, once the rate has warmed up.
  Term warmed_up(const Term& after) const {
    if (spec.warmup_steps == 0) return after;
    const auto steps = static_cast<double>(spec.warmup_steps);
    return where(update.apply("Less", update.number(steps)), rate * (update + 1.0) / steps, after);
  }
};

Term constant(const Moment& now) { return now.rate; }

Term stepwise(const Moment& now) {
  const Term changes = (now.update / static_cast<double>(now.spec.step_size)).apply("Floor");
  return now.rate * now.changed(changes);
}

Term multistep(const Moment& now) {
  GraphBuilder& g = now.update.builder();
  const std::vector<double> milestones(now.spec.milestones.begin(), now.spec.milestones.end());
  const auto list = [&g](const char* name, const std::vector<double>& numbers) {
    return Term(g, g.add_constant(name, Tensor::of<double>({std::ssize(numbers)}, numbers)));
  };
  const Term passed = list("milestones", milestones)
                          .apply("LessOrEqual", now.update)
                          .apply("Cast", {{"to", static_cast<std::int64_t>(DataType::kFloat64)}})
                          .apply("ReduceSum", {{"keepdims", std::int64_t{0}}});
  if (now.spec.rates.empty()) return now.rate * now.changed(passed);
  const Term place = passed.apply("Cast", {{"to", static_cast<std::int64_t>(DataType::kInt64)}});
  return list("rates", now.spec.rates).apply("Gather", place);
}

Term exponential(const Moment& now) { return now.rate * now.changed(now.update); }

Term linear_warmup(const Moment& now) { return now.warmed_up(now.rate); }

Term cosine(const Moment& now) {
  const auto first = static_cast<double>(now.spec.warmup_steps);
  const double length = std::max(1.0, static_cast<double>(now.spec.total_steps) - first);
  const Term part = ((now.update - first) / length).apply("Min", now.update.number(1));
  const Term wave = (std::numbers::pi * part).apply("Cos");
  const double low = now.spec.min_rate;
  return now.warmed_up(low + (now.rate - low) * (1.0 + wave) / 2);
}

Term reduce_on_plateau(const Moment& now) {
  const Term rate = now.rate * now.changed(now.reductions);
  return rate.apply("Max", rate.number(now.spec.min_rate));
}

struct ScheduleEntry {
  std::string_view name;
  Term (*rate)(const Moment& now);
};

constexpr ScheduleEntry kSchedules[] = {
    {"constant", constant},           {"step", stepwise},
    {"multistep", multistep},         {"exponential", exponential},
    {"linear_warmup", linear_warmup}, {"cosine", cosine},
    {"linear_warmup_cosine", cosine}, {"reduce_on_plateau", reduce_on_plateau},
};

void check_settings(const ScheduleSpec& spec) {
  const auto require = [&spec](bool is_fine, std::string_view name, auto number,
                               std::string_view rule) {
    if (!is_fine) fail("schedule '{}': {} is {}; it must be {}", spec.type, name, number, rule);
  };
  require(spec.type != "step" || spec.step_size > 0, "step_size", spec.step_size, "at least 1");
  const bool is_multistep = spec.type == "multistep";
  require(!is_multistep || !spec.milestones.empty(), "the number of milestones",
          spec.milestones.size(), "at least 1");
  require(!is_multistep || spec.rates.empty() || spec.rates.size() == spec.milestones.size() + 1,
          "the number of rates", spec.rates.size(), "one more than that of milestones");
  require(std::is_sorted(spec.milestones.begin(), spec.milestones.end()), "the last milestone",
          spec.milestones.empty() ? 0 : spec.milestones.back(), "the highest");
  require(spec.type != "exponential" || spec.gamma != 0, "gamma", spec.gamma, "given");
  require(spec.gamma >= 0, "gamma", spec.gamma, "more than 0");
  require(spec.warmup_steps >= 0, "warmup_steps", spec.warmup_steps, "at least 0");
  require(spec.total_steps == 0 || spec.total_steps > spec.warmup_steps, "total_steps",
          spec.total_steps, "more than warmup_steps");
  require(spec.min_rate >= 0, "min_lr", spec.min_rate, "at least 0");
  require(spec.patience >= 0, "patience", spec.patience, "at least 0");
  require(spec.threshold >= 0, "threshold", spec.threshold, "at least 0");
}

/// The listed rates while there are any, then the other.
Term listed_first(const std::vector<double>& rates, const Term& update, const Term& after) {
  if (rates.empty()) return after;
  GraphBuilder& g = update.builder();
  const auto count = static_cast<std::int64_t>(rates.size());
  const Term last = update.number(static_cast<double>(count - 1));
  const Term entry = update.apply("Min", last)
                         .apply("Cast", {{"to", static_cast<std::int64_t>(DataType::kInt64)}});
  Value* list = g.add_constant("learning_rates", Tensor::of<double>({count}, rates));
  return where(update.apply("LessOrEqual", last), {g, g.add("Gather", {list, entry})}, after);
}

}  // namespace

std::vector<std::string_view> schedule_names() {
  std::vector<std::string_view> names;
  for (const ScheduleEntry& entry : kSchedules) names.push_back(entry.name);
  return names;
}

Value* add_schedule(GraphBuilder& g, const ScheduleSpec& spec, const ScheduleMoment& moment) {
  const auto* entry =
      std::find_if(std::begin(kSchedules), std::end(kSchedules),
                   [&](const ScheduleEntry& known) { return known.name == spec.type; });
  if (entry == std::end(kSchedules)) {
    fail("unknown learning rate schedule '{}'; known schedules: {}", spec.type,
         fmt::join(schedule_names(), ", "));
  }
  check_settings(spec);
  const Moment now{spec, {g, moment.base}, {g, moment.update}, {g, moment.reductions}};
  return listed_first(spec.first_rates, now.update, entry->rate(now));
}

}  // namespace gatefold
