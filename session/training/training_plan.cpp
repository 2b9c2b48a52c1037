#include "session/training/training_plan.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>

#include "ir/error.h"
#include "session/arrays/files.h"
#include "session/carried_states.h"
#include "session/training/json_fields.h"

namespace gatefold {
namespace {

using nlohmann::json;

JsonField loss_field(LossSpec& loss) {
  return json_object_field(
      "loss", "the loss",
      {json_field("type", loss.type), json_field("output", loss.output),
       json_field("reduction", loss.reduction), json_field("class_axis", loss.class_axis),
       json_field("weight", loss.class_weights),
       json_field("label_smoothing", loss.label_smoothing), json_field("delta", loss.delta),
       json_field("beta", loss.delta), json_field("blank", loss.blank),
       json_field("time_axis", loss.time_axis), json_field("zero_infinity", loss.zero_infinity),
       json_field("ignore_index", loss.ignore_index)});
}

JsonField optimizer_field(OptimizerSpec& optimizer) {
  return json_object_field(
      "optimizer", "the optimizer",
      {json_field("type", optimizer.type), json_field("lr", optimizer.learning_rate),
       json_field("weight_decay", optimizer.weight_decay),
       json_field("momentum", optimizer.momentum), json_field("dampening", optimizer.dampening),
       json_field("nesterov", optimizer.nesterov), json_field("beta1", optimizer.beta1),
       json_field("beta2", optimizer.beta2), json_field("eps", optimizer.epsilon),
       json_field("amsgrad", optimizer.amsgrad),
       json_field("lr_decay", optimizer.learning_rate_decay),
       json_field("initial_accumulator", optimizer.initial_accumulator),
       json_field("alpha", optimizer.alpha), json_field("centered", optimizer.centered)});
}

JsonField schedule_field(ScheduleSpec& schedule) {
  return json_object_field(
      "lr_schedule", "the schedule",
      {json_field("type", schedule.type), json_field("step_size", schedule.step_size),
       json_field("milestones", schedule.milestones),
       json_field("milestone_epochs", schedule.milestone_epochs),
       json_field("rates", schedule.rates), json_field("gamma", schedule.gamma),
       json_field("warmup_steps", schedule.warmup_steps),
       json_field("total_steps", schedule.total_steps), json_field("min_lr", schedule.min_rate),
       json_field("patience", schedule.patience), json_field("threshold", schedule.threshold)});
}

JsonField target_field(LossSpec& loss) {
  return json_object_field(
      "target", "the target",
      {json_field("name", loss.target), json_information("dtype"), json_information("shape")});
}

JsonField required(JsonField field) {
  field.is_required = true;
  return field;
}

JsonField carried_field(std::vector<CarriedState>& carried) {
  return json_list_field("carried", [&carried](const json& entry) {
    CarriedState& state = carried.emplace_back();
    read_fields(entry, fmt::format("entry {} of 'carried'", carried.size()),
                {required(json_field("input", state.input)),
                 required(json_field("output", state.output)), fixed_json_field("init", "zeros"),
                 fixed_json_field("detach", true), json_information("shape")});
  });
}

/// Names, or objects that hold them as `initializer`.
JsonField trainable_field(std::vector<std::string>& names) {
  return json_list_field("trainable", [&names](const json& entry) {
    std::string& name = names.emplace_back();
    if (entry.is_string()) {
      name = entry.get<std::string>();
      return;
    }
    read_fields(entry, fmt::format("entry {} of 'trainable'", names.size()),
                {required(json_field("initializer", name)), json_information("layout"),
                 json_information("shape"), json_information("torch")});
  });
}

JsonField dropout_field(std::vector<DropoutRule>& dropout) {
  return json_list_field("dropout", [&dropout](const json& entry) {
    DropoutRule& rule = dropout.emplace_back();
    read_fields(entry, fmt::format("entry {} of 'dropout'", dropout.size()),
                {required(json_field("pattern", rule.pattern)),
                 required(json_field("p", rule.probability))});
  });
}

JsonField padding_field(PaddingRows& padding) {
  return {"padding", [&padding](const json& value) {
            if (!value.is_object()) refuse_kind("padding", value, "an object of tables and rows");
            for (const auto& [table, row] : value.items()) {
              json_field(table, padding[table]).read(row);
            }
          }};
}

JsonField tolerance_field(TrainingPlan::Tolerance& tolerance) {
  return json_object_field(
      "suggested_tolerance", "the suggested tolerance",
      {json_object_field("losses", "the tolerance of losses",
                         {json_field("rtol", tolerance.loss_relative),
                          json_field("atol", tolerance.loss_absolute)}),
       json_object_field("grad", "the tolerance of gradients",
                         {json_field("rel_to_tensor_max", tolerance.gradient)}),
       json_object_field("final", "the tolerance of weights",
                         {json_field("atol", tolerance.weight)})});
}

TrainingPlan plan_from(const json& root) {
  TrainingPlan plan;
  read_fields(root, "the spec",
              {target_field(plan.step.loss),
               loss_field(plan.step.loss),
               optimizer_field(plan.step.optimizer),
               schedule_field(plan.schedule),
               carried_field(plan.carried),
               trainable_field(plan.step.trainable),
               dropout_field(plan.step.dropout),
               padding_field(plan.step.padding),
               json_field("lr_per_step", plan.schedule.first_rates),
               positive_json_field("clip_norm", plan.step.clip_norm),
               positive_json_field("clip_value", plan.step.clip_value),
               positive_json_field("accumulate", plan.step.accumulate),
               positive_json_field("checkpoint_every", plan.step.checkpoint_every),
               positive_json_field("steps", plan.steps),
               tolerance_field(plan.tolerance),
               json_information("name"),
               json_information("family"),
               json_information("architecture"),
               json_information("model"),
               json_information("opset"),
               json_information("exporter"),
               json_information("producer"),
               json_information("dtype"),
               json_information("inputs"),
               json_information("outputs"),
               json_information("frozen"),
               json_information("precision")});
  return plan;
}

}  // namespace

TrainingPlan completed(TrainingPlan plan, const Graph& model) {
  if (plan.step.loss.output.empty() && !model.outputs().empty()) {
    plan.step.loss.output = model.outputs().front().name;
  }
  check_states(model, plan.carried);
  return plan;
}

TrainingPlan parse_training_plan(std::string_view text, std::string_view name) {
  const json root = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!root.is_object()) fail("{} is no JSON object", name);
  try {
    return plan_from(root);
  } catch (const Error& error) {
    fail("{}: {}", name, error.what());
  }
}

TrainingPlan read_training_plan(const std::filesystem::path& path) {
  return parse_training_plan(read_file(path), fmt::format("'{}'", path.string()));
}

}  // namespace gatefold
