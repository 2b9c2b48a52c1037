#include "session/training/training_plan.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <type_traits>

#include "ir/error.h"
#include "session/arrays/files.h"

namespace gatefold {
namespace {

using nlohmann::json;

/// Sets `target` from a field, where the object has it and it is not null.
template <typename T>
void read(const json& object, const char* field, T& target) {
  const auto found = object.find(field);
  if (found == object.end() || found->is_null()) return;
  try {
    constexpr bool is_count = std::is_integral_v<T> && !std::is_same_v<T, bool>;
    if (!is_count || found->is_number_integer()) {
      target = found->get<T>();
      return;
    }
  } catch (const json::exception&) {  // Answered as any value of another kind.
  }
  fail("field '{}' has the value {}, which is of the wrong kind", field, found->dump());
}

/// The same for a number that may be left out.
template <typename T>
void read(const json& object, const char* field, std::optional<T>& target) {
  if (object.contains(field) && !object[field].is_null()) read(object, field, target.emplace());
}

/// The same for a number that must be more than 0.
template <typename T>
void read_positive(const json& object, const char* field, T& target) {
  read(object, field, target);
  if (target < 0 || (target == 0 && object.contains(field) && !object[field].is_null())) {
    fail("field '{}' is {}; it must be more than 0, or null", field, target);
  }
}

/// The same for a name, which must be there.
std::string read_name(const json& object, const char* field) {
  std::string name;
  if (object.is_object()) read(object, field, name);
  if (name.empty()) fail("{} has no field '{}'", object.dump(), field);
  return name;
}

/// A field that must be an object or a list, where it is there at all; an empty one for null.
const json& part(const json& object, const char* field, json::value_t kind) {
  static const json kNothing = json::object();
  const auto found = object.find(field);
  if (found == object.end() || found->is_null()) return kNothing;
  if (found->type() != kind) {
    fail("field '{}' has the value {}, but must be {}", field, found->dump(),
         kind == json::value_t::object ? "an object" : "a list");
  }
  return *found;
}

/// A misspelt setting, or one that there is not, would train something else.
void refuse_others(const json& object, std::string_view what,
                   std::initializer_list<std::string_view> known) {
  for (const auto& [field, value] : object.items()) {
    if (std::find(known.begin(), known.end(), field) != known.end()) continue;
    fail("{} has no setting '{}'; there are: {}", what, field, fmt::join(known, ", "));
  }
}

LossSpec read_loss(const json& object, LossSpec loss) {
  refuse_others(object, "the loss",
                {"type", "output", "reduction", "class_axis", "weight", "label_smoothing", "delta",
                 "beta", "blank", "time_axis", "zero_infinity", "ignore_index"});
  read(object, "type", loss.type);
  read(object, "output", loss.output);
  read(object, "reduction", loss.reduction);
  read(object, "class_axis", loss.class_axis);
  read(object, "weight", loss.class_weights);
  read(object, "label_smoothing", loss.label_smoothing);
  read(object, "delta", loss.delta);
  read(object, "beta", loss.delta);
  read(object, "blank", loss.blank);
  read(object, "time_axis", loss.time_axis);
  read(object, "zero_infinity", loss.zero_infinity);
  read(object, "ignore_index", loss.ignore_index);
  return loss;
}

OptimizerSpec read_optimizer(const json& object) {
  refuse_others(
      object, "the optimizer",
      {"type", "lr", "weight_decay", "momentum", "dampening", "nesterov", "beta1", "beta2", "eps",
       "amsgrad", "lr_decay", "initial_accumulator", "alpha", "centered"});
  OptimizerSpec optimizer;
  read(object, "type", optimizer.type);
  read(object, "lr", optimizer.learning_rate);
  read(object, "weight_decay", optimizer.weight_decay);
  read(object, "momentum", optimizer.momentum);
  read(object, "dampening", optimizer.dampening);
  read(object, "nesterov", optimizer.nesterov);
  read(object, "beta1", optimizer.beta1);
  read(object, "beta2", optimizer.beta2);
  read(object, "eps", optimizer.epsilon);
  read(object, "amsgrad", optimizer.amsgrad);
  read(object, "lr_decay", optimizer.learning_rate_decay);
  read(object, "initial_accumulator", optimizer.initial_accumulator);
  read(object, "alpha", optimizer.alpha);
  read(object, "centered", optimizer.centered);
  return optimizer;
}

ScheduleSpec read_schedule(const json& object) {
  ScheduleSpec schedule;
  read(object, "type", schedule.type);
  read(object, "step_size", schedule.step_size);
  read(object, "gamma", schedule.gamma);
  read(object, "warmup_steps", schedule.warmup_steps);
  read(object, "total_steps", schedule.total_steps);
  read(object, "min_lr", schedule.min_rate);
  read(object, "patience", schedule.patience);
  read(object, "threshold", schedule.threshold);
  return schedule;
}

std::vector<CarriedState> read_carried(const json& list) {
  std::vector<CarriedState> carried;
  for (const json& entry : list) {
    carried.push_back({read_name(entry, "input"), read_name(entry, "output")});
  }
  return carried;
}

/// Names, or objects that hold them as `initializer`.
std::vector<std::string> read_trainable(const json& list) {
  std::vector<std::string> names;
  for (const json& entry : list) {
    names.push_back(entry.is_string() ? entry.get<std::string>() : read_name(entry, "initializer"));
  }
  return names;
}

TrainingPlan plan_from(const json& root) {
  TrainingPlan plan;
  constexpr auto kObject = json::value_t::object;
  constexpr auto kList = json::value_t::array;
  read(part(root, "target", kObject), "name", plan.step.loss.target);
  plan.step.loss = read_loss(part(root, "loss", kObject), plan.step.loss);
  plan.step.optimizer = read_optimizer(part(root, "optimizer", kObject));
  plan.schedule = read_schedule(part(root, "lr_schedule", kObject));
  plan.carried = read_carried(part(root, "carried", kList));
  plan.step.trainable = read_trainable(part(root, "trainable", kList));
  read(root, "lr_per_step", plan.schedule.first_rates);
  read_positive(root, "clip_norm", plan.step.clip_norm);
  read_positive(root, "clip_value", plan.step.clip_value);
  read_positive(root, "accumulate", plan.step.accumulate);
  read_positive(root, "checkpoint_every", plan.step.checkpoint_every);
  read_positive(root, "steps", plan.steps);
  return plan;
}

}  // namespace

TrainingPlan read_training_plan(const std::filesystem::path& path) {
  const json root = json::parse(read_file(path), nullptr, /*allow_exceptions=*/false);
  if (!root.is_object()) fail("'{}' is no JSON object", path.string());
  try {
    return plan_from(root);
  } catch (const Error& error) {
    fail("'{}': {}", path.string(), error.what());
  }
}

}  // namespace gatefold
