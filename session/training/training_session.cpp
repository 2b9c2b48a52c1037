#include "session/training/training_session.h"

#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>
#include <utility>

#include "frontend/onnx_writer.h"
#include "ir/error.h"
#include "passes/training/model_parts.h"
#include "passes/training/trained_tensors.h"
#include "session/carried_states.h"
#include "session/training/checkpoint.h"

namespace gatefold {
namespace {

bool matches(const std::string& pattern, const std::string& name) {
  return fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

bool matches_any(const std::vector<std::string>& patterns, const std::string& name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return matches(pattern, name); });
}

bool is_chosen(const FileTensor& tensor, const TrainableChoice& choice) {
  const std::string& name = tensor.name();
  if (matches_any(choice.frozen, name)) return false;
  const std::vector<std::string>& wanted = choice.trainable;
  if (std::find(wanted.begin(), wanted.end(), name) != wanted.end()) return true;
  return tensor.is_trained() && (wanted.empty() || matches_any(wanted, name));
}

void require_matches(const std::vector<std::string>& patterns,
                     const std::vector<FileTensor>& tensors) {
  for (const std::string& pattern : patterns) {
    const bool has_match =
        std::any_of(tensors.begin(), tensors.end(), [&](const FileTensor& tensor) {
          return matches(pattern, tensor.name()) || pattern == tensor.name();
        });
    if (has_match) continue;
    std::vector<std::string_view> names;
    for (const FileTensor& tensor : tensors) names.push_back(tensor.name());
    fail("no floating-point tensor of the model matches '{}'; those are: {}", pattern,
         fmt::join(names, ", "));
  }
}

/// The plan with the output that is judged and the trained tensors named.
TrainingPlan completed(TrainingPlan plan, const Graph& model, const TrainableChoice& choice) {
  if (plan.step.loss.type.empty()) fail("no loss is given, by which the model would be trained");
  if (plan.step.loss.output.empty() && !model.outputs().empty()) {
    plan.step.loss.output = model.outputs().front().name;
  }
  if (plan.step.trainable.empty()) {
    plan.step.trainable = choose_trainable(model, plan.step.loss.output, choice);
  }
  check_states(model, plan.carried);
  return plan;
}

/// Tells a schedule how long the run is, as far as it must know.
void set_length(Schedule& schedule, const TrainingPlan& plan, std::int64_t steps_per_epoch) {
  const ScheduleSpec& spec = plan.schedule;
  if (spec.type.ends_with("cosine") && spec.total_steps == 0 && plan.steps == 0) {
    fail("schedule '{}' must be told its end; give total_steps, or the steps of the run",
         spec.type);
  }
  if (!spec.milestone_epochs.empty() && steps_per_epoch == 0) {
    fail("the milestones of schedule '{}' are epochs; give the steps per epoch", spec.type);
  }
  schedule.set_run_length(plan.steps / plan.step.accumulate,
                          steps_per_epoch / plan.step.accumulate);
}

}  // namespace

std::vector<std::string> choose_trainable(const Graph& model, const std::string& judged,
                                          const TrainableChoice& choice) {
  Value* outputs[] = {output_of(model, judged)};
  const std::vector<FileTensor> tensors = find_tensors(model, outputs);
  require_matches(choice.trainable, tensors);
  require_matches(choice.frozen, tensors);
  std::vector<std::string> names;
  for (const FileTensor& tensor : tensors) {
    if (is_chosen(tensor, choice)) names.push_back(tensor.name());
  }
  if (names.empty()) {
    fail("no weight is left to train; choose among those that the loss of '{}' has gradients by",
         outputs[0]->name());
  }
  return names;
}

TrainingSession::Source::Source(const std::filesystem::path& path, const DimSizes& dims)
    : path(path) {
  Model model = read_model(path, places);
  bind_dims(*model.graph, dims);
  graph = std::move(model.graph);
}

TrainingSession::TrainingSession(const std::filesystem::path& model, const TrainingPlan& plan,
                                 const TrainingSessionOptions& options)
    : source_(model, options.dims),
      plan_(completed(plan, *source_.graph, options.choice)),
      options_{.threads = options.threads, .products = options.precision},
      trainer_(*source_.graph, plan_, {.model = options.outputs}, options_) {
  set_length(trainer_.schedule(), plan_, options.steps_per_epoch);
  require_writable(source_.places, trainer_.weight_names());
  trainer_.require_finite_states();
}

Trainer::Result TrainingSession::step(const Batch& batch) { return trainer_.step(batch); }

std::unique_ptr<Trainer> TrainingSession::make_other(const TrainingOutputs& outputs) const {
  TrainingPlan same_weights = plan_;
  same_weights.step.trainable = trainer_.weight_names();
  return std::make_unique<Trainer>(*source_.graph, same_weights, outputs, options_);
}

std::map<std::string, Tensor> TrainingSession::gradients(const Batch& batch) {
  if (derivatives_ == nullptr) derivatives_ = make_other({.gradients = true});
  derivatives_->restore(trainer_.states(), trainer_.carried(), trainer_.steps_done());
  const Trainer::Result result = derivatives_->step(batch);
  std::map<std::string, Tensor> gradients;
  for (std::size_t i = 0; i < result.gradients.size(); ++i) {
    gradients[trainer_.weight_names()[i]] = std::get<Tensor>(result.gradients[i]).clone();
  }
  return gradients;
}

Metrics TrainingSession::evaluate(std::span<const Batch> batches,
                                  const std::vector<std::string>& metrics) {
  Metrics result(plan_.step.loss, metrics);
  if (judge_ == nullptr) judge_ = make_other({.model = {plan_.step.loss.output}, .update = false});
  const std::span<const Tensor> states = trainer_.states();
  judge_->restore(states.first(trainer_.weight_names().size()), {}, 0);
  for (const Batch& batch : batches) {
    const Trainer::Result judged = judge_->step(batch);
    result.add(judged.loss, std::get<Tensor>(judged.outputs[0]), batch.at(plan_.step.loss.target));
  }
  return result;
}

void TrainingSession::save(const std::filesystem::path& path) const {
  trainer_.require_finite_states();
  write_model_with_weights(source_.path, source_.places, trained_weights(trainer_), path,
                           metadata_of(plan_.carried));
}

void TrainingSession::save_checkpoint(const std::filesystem::path& folder) const {
  trainer_.require_finite_states();
  prepare_checkpoints(folder);
  write_checkpoint(folder, trainer_, {.batch = trainer_.steps_done()});
}

void TrainingSession::restore_checkpoint(const std::filesystem::path& folder) {
  read_checkpoint(folder, trainer_);
}

}  // namespace gatefold
