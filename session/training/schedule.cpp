#include "session/training/schedule.h"

#include <iterator>
#include <utility>

#include "ir/evaluate.h"

namespace gatefold {

namespace {

constexpr double kLeastReduction = 1e-8;

}  // namespace

Schedule::Schedule(ScheduleSpec spec, double rate) : spec_(std::move(spec)), rate_(rate) {
  build();
}

void Schedule::build() {
  formula_ = std::make_shared<Graph>("schedule");
  GraphBuilder g(*formula_);
  const auto add_input = [this](const char* name) {
    return formula_->add_input(name, {DataType::kFloat64, Dims{}});
  };
  const ScheduleMoment moment{add_input("base"), add_input("update"), add_input("reductions")};
  ScheduleSpec spec = spec_;
  spec.first_rates.clear();
  for (const std::int64_t epoch : spec.milestone_epochs) {
    spec.milestones.push_back(epoch * updates_per_epoch_);
  }
  formula_->add_output("rate", add_schedule(g, spec, moment));
}

void Schedule::set_run_length(std::int64_t updates, std::int64_t updates_per_epoch) {
  if (spec_.total_steps == 0) spec_.total_steps = updates;
  updates_per_epoch_ = updates_per_epoch;
  build();
}

double Schedule::rate_at(std::int64_t update) const { return rate_at(update, plateau_.reductions); }

double Schedule::rate_at(std::int64_t update, std::int64_t reductions) const {
  if (update < std::ssize(spec_.first_rates)) return spec_.first_rates[update];
  if (formula_->node_count() == 0) return rate_;  // A constant rate.
  const std::vector<Datum> rates =
      evaluate(*formula_, {Tensor::scalar(rate_), Tensor::scalar(static_cast<double>(update)),
                           Tensor::scalar(static_cast<double>(reductions))});
  return std::get<Tensor>(rates.front()).number_at(0);
}

void Schedule::end_epoch(double loss) {
  if (plateau_.bad_epochs < 0 || loss < plateau_.best * (1 - spec_.threshold)) {
    plateau_.best = loss;
    plateau_.bad_epochs = 0;
  } else if (++plateau_.bad_epochs > spec_.patience) {
    const std::int64_t next = plateau_.reductions + 1;
    if (rate_at(0) - rate_at(0, next) > kLeastReduction) plateau_.reductions = next;
    plateau_.bad_epochs = 0;
  }
}

}  // namespace gatefold
