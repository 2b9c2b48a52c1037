#include "passes/training/optimizer.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>

#include "ir/error.h"

namespace gatefold {
namespace {

/// Builds the update of one weight.
class Update {
 public:
  Update(GraphBuilder& g, const OptimizerSpec& spec, Value& weight, const WeightGradient& gradient,
         const StepNumbers& numbers)
      : g_(g),
        spec_(spec),
        weight_decay_(*spec.weight_decay),
        epsilon_(*spec.epsilon),
        name_(weight.name()),
        weight_(g, &weight),
        gradient_(g, gradient.gradient),
        rows_(gradient.rows),
        rate_(g, numbers.learning_rate),
        step_(g, numbers.step) {
    if (weight_.value()->type().dtype != DataType::kFloat32) {
      rate_ = rate_.apply("CastLike", weight_);
    }
  }

  WeightUpdate sgd();
  WeightUpdate adam();
  WeightUpdate adamw();
  WeightUpdate adagrad();
  WeightUpdate rmsprop();

 private:
  /// g + weight_decay w
  Term decayed_gradient() const {
    return weight_decay_ == 0 ? gradient_ : gradient_ + weight_decay_ * weight_;
  }
  Term slot(std::string name, double initial = 0) {
    Value* before =
        g_.graph().add_input(g_.graph().unique_name(name_ + "." + name), weight_.value()->type());
    slots_.push_back({std::move(name), initial, before, nullptr});
    return {g_, before};
  }
  /// Ends slot number `index`.
  Term keep(std::size_t index, const Term& after) {
    slots_[index].after = after;
    return after;
  }
  /// A number made of the step, which is a double, in the weight's type.
  Term narrowed(const Term& number) const { return number.apply("CastLike", weight_); }
  Term adam_step(const Term& gradient);
  /// The array plus the changes of those of its rows that have a gradient.
  Term changed(const Term& array, const Term& changes) const {
    if (rows_ == nullptr) return array + changes;
    return {g_, g_.add("ScatterND", {array, rows_, changes}, {{"reduction", std::string("add")}})};
  }
  /// The rows of an array that have a gradient.
  Term read(const Term& array) const {
    return rows_ == nullptr ? array : array.apply("GatherND", rows_);
  }
  WeightUpdate stepped_from(const Term& weight, const Term& step) {
    const Term change = rate_ * step;
    return {rows_ == nullptr ? weight - change : changed(weight, -change), std::move(slots_)};
  }

  GraphBuilder& g_;
  const OptimizerSpec& spec_;
  double weight_decay_;
  double epsilon_;
  std::string name_;
  Term weight_;
  Term gradient_;
  Value* rows_;  // nullptr: all have a gradient.
  Term rate_;
  Term step_;
  std::vector<OptimizerSlot> slots_;
};

WeightUpdate Update::sgd() {
  const Term gradient = decayed_gradient();
  if (spec_.momentum == 0) return stepped_from(weight_, gradient);
  Term share = gradient;
  if (spec_.dampening != 0) {
    const Term is_first = step_.apply("Equal", step_.number(1));
    share = gradient * where(is_first, gradient.number(1), gradient.number(1 - spec_.dampening));
  }
  const Term momentum = keep(0, spec_.momentum * slot("momentum_buffer") + share);
  return stepped_from(weight_, spec_.nesterov ? gradient + spec_.momentum * momentum : momentum);
}

Term Update::adam_step(const Term& gradient) {
  const double beta1 = spec_.beta1;
  const double beta2 = spec_.beta2;
  const Term mean = keep(0, beta1 * slot("exp_avg") + (1 - beta1) * gradient);
  Term square = keep(1, beta2 * slot("exp_avg_sq") + (1 - beta2) * (gradient * gradient));
  if (spec_.amsgrad) square = keep(2, slot("max_exp_avg_sq").apply("Max", square));
  const Term mean_correction = 1.0 - step_.number(beta1).apply("Pow", step_);
  const Term square_correction = (1.0 - step_.number(beta2).apply("Pow", step_)).apply("Sqrt");
  const Term denominator = square.apply("Sqrt") / narrowed(square_correction) + epsilon_;
  return mean / narrowed(mean_correction) / denominator;
}

WeightUpdate Update::adam() { return stepped_from(weight_, adam_step(decayed_gradient())); }

WeightUpdate Update::adamw() {
  const Term decayed = weight_ * (1.0 - rate_ * weight_decay_);
  return stepped_from(decayed, adam_step(gradient_));
}

WeightUpdate Update::adagrad() {
  const Term gradient = decayed_gradient();
  const Term sum = keep(0, changed(slot("sum", spec_.initial_accumulator), gradient * gradient));
  const Term step = gradient / (read(sum).apply("Sqrt") + epsilon_);
  if (spec_.learning_rate_decay == 0) return stepped_from(weight_, step);
  return stepped_from(weight_, step / narrowed(1.0 + (step_ - 1.0) * spec_.learning_rate_decay));
}

WeightUpdate Update::rmsprop() {
  const double alpha = spec_.alpha;
  const Term gradient = decayed_gradient();
  const Term square = keep(0, alpha * slot("square_avg") + (1 - alpha) * (gradient * gradient));
  Term variance = square;
  if (spec_.centered) {
    const Term mean = keep(1, alpha * slot("grad_avg") + (1 - alpha) * gradient);
    variance = square - mean * mean;
  }
  const Term step = gradient / (variance.apply("Sqrt") + epsilon_);
  if (spec_.momentum == 0) return stepped_from(weight_, step);
  const std::size_t buffer = slots_.size();
  return stepped_from(weight_, keep(buffer, spec_.momentum * slot("momentum_buffer") + step));
}

struct OptimizerRow {
  std::string_view name;
  WeightUpdate (Update::*add)();
  double learning_rate, weight_decay, epsilon;  // Where they are not given.
};

constexpr OptimizerRow kOptimizers[] = {
    {"sgd", &Update::sgd, 1e-3, 0, 1e-8},         {"adam", &Update::adam, 1e-3, 0, 1e-8},
    {"adamw", &Update::adamw, 1e-3, 1e-2, 1e-8},  {"adagrad", &Update::adagrad, 1e-2, 0, 1e-10},
    {"rmsprop", &Update::rmsprop, 1e-2, 0, 1e-8},
};

const OptimizerRow& row_of(const OptimizerSpec& spec) {
  const auto* row =
      std::find_if(std::begin(kOptimizers), std::end(kOptimizers),
                   [&](const OptimizerRow& known) { return known.name == spec.type; });
  if (row == std::end(kOptimizers)) {
    fail("unknown optimizer '{}'; known optimizers: {}", spec.type,
         fmt::join(optimizer_names(), ", "));
  }
  return *row;
}

template <auto field>
double read(const OptimizerSpec& spec) {
  return static_cast<double>(spec.*field);
}

template <auto field>
double read_optional(const OptimizerSpec& spec) {
  return *(with_defaults(spec).*field);
}

using Names = std::array<std::string_view, 4>;
constexpr double kNoEnd = std::numeric_limits<double>::infinity();

/// A setting, the optimizers that have it (empty: all), and the range it must be in, from 0 up to
/// the end, which is left out.
struct Setting {
  std::string_view name;
  double (*read)(const OptimizerSpec& spec);
  Names optimizers = {};
  double end = kNoEnd;
};

constexpr Setting kSettings[] = {
    {"lr", read_optional<&OptimizerSpec::learning_rate>},
    {"weight_decay", read_optional<&OptimizerSpec::weight_decay>},
    {"momentum", read<&OptimizerSpec::momentum>, {"sgd", "rmsprop"}},
    {"dampening", read<&OptimizerSpec::dampening>, {"sgd"}},
    {"nesterov", read<&OptimizerSpec::nesterov>, {"sgd"}},
    {"beta1", read<&OptimizerSpec::beta1>, {"adam", "adamw"}, 1},
    {"beta2", read<&OptimizerSpec::beta2>, {"adam", "adamw"}, 1},
    {"amsgrad", read<&OptimizerSpec::amsgrad>, {"adam", "adamw"}},
    {"eps", read_optional<&OptimizerSpec::epsilon>, {"adam", "adamw", "adagrad", "rmsprop"}},
    {"lr_decay", read<&OptimizerSpec::learning_rate_decay>, {"adagrad"}},
    {"initial_accumulator", read<&OptimizerSpec::initial_accumulator>, {"adagrad"}},
    {"alpha", read<&OptimizerSpec::alpha>, {"rmsprop"}},
    {"centered", read<&OptimizerSpec::centered>, {"rmsprop"}},
};

/// What is set but of no effect is a mistake.
void check_effect(const OptimizerSpec& spec, const Setting& setting) {
  const Names& known = setting.optimizers;
  if (known[0].empty() || setting.read(spec) == setting.read({.type = spec.type})) return;
  if (std::find(known.begin(), known.end(), spec.type) != known.end()) return;
  const auto* end = std::find(known.begin(), known.end(), "");
  fail("optimizer '{}' has no {}; that is a setting of {}", spec.type, setting.name,
       fmt::join(known.begin(), end, ", "));
}

void check_settings(const OptimizerSpec& spec) {
  for (const Setting& setting : kSettings) {
    check_effect(spec, setting);
    const double number = setting.read(spec);
    if (number >= 0 && number < setting.end) continue;
    fail("optimizer '{}': {} is {}; it must be at least 0{}", spec.type, setting.name, number,
         setting.end < kNoEnd ? fmt::format(" and less than {}", setting.end) : " and finite");
  }
  if (spec.nesterov && (spec.momentum == 0 || spec.dampening != 0)) {
    fail("optimizer '{}': nesterov needs a momentum and no dampening", spec.type);
  }
}

}  // namespace

std::vector<std::string_view> optimizer_names() {
  std::vector<std::string_view> names;
  for (const OptimizerRow& row : kOptimizers) names.push_back(row.name);
  return names;
}

OptimizerSpec with_defaults(OptimizerSpec spec) {
  const OptimizerRow& row = row_of(spec);
  spec.learning_rate = spec.learning_rate.value_or(row.learning_rate);
  spec.weight_decay = spec.weight_decay.value_or(row.weight_decay);
  spec.epsilon = spec.epsilon.value_or(row.epsilon);
  return spec;
}

bool updates_by_rows(const OptimizerSpec& spec) {
  const bool is_sgd = spec.type == "sgd" && spec.momentum == 0;
  return (is_sgd || spec.type == "adagrad") && with_defaults(spec).weight_decay == 0;
}

WeightUpdate add_update(GraphBuilder& g, const OptimizerSpec& spec, Value& weight,
                        const WeightGradient& gradient, const StepNumbers& numbers) {
  const OptimizerSpec whole = with_defaults(spec);
  check_settings(whole);
  return (Update(g, whole, weight, gradient, numbers).*row_of(whole).add)();
}

}  // namespace gatefold
