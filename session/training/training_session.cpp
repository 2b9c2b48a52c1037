#include "session/training/training_session.h"

#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "frontend/onnx_reader.h"
#include "frontend/onnx_writer.h"
#include "ir/error.h"
#include "passes/training/model_parts.h"
#include "passes/training/trained_tensors.h"
#include "session/carried_states.h"
#include "session/training/checkpoint.h"
#include "session/training/dataset.h"

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
TrainingPlan completed(const TrainingPlan& plan, const Graph& model,
                       const TrainableChoice& choice) {
  if (plan.step.loss.type.empty()) fail("no loss is given, by which the model would be trained");
  TrainingPlan whole = completed(plan, model);
  if (whole.step.trainable.empty()) {
    whole.step.trainable = choose_trainable(model, whole.step.loss.output, choice);
  }
  return whole;
}

/// The output that is judged, and those that are wanted.
TrainingOutputs wanted_outputs(const TrainingPlan& plan, const std::vector<std::string>& wanted) {
  TrainingOutputs outputs{.model = {plan.step.loss.output}};
  outputs.model.insert(outputs.model.end(), wanted.begin(), wanted.end());
  return outputs;
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
  take(read_model(path, places), dims);
}

TrainingSession::Source::Source(std::span<const std::byte> model, const DimSizes& dims)
    : bytes(std::in_place, reinterpret_cast<const char*>(model.data()), model.size()) {
  take(read_model_bytes(*bytes, places), dims);
}

void TrainingSession::Source::take(Model model, const DimSizes& dims) {
  bind_dims(*model.graph, dims);
  graph = std::move(model.graph);
}

TrainingSession::TrainingSession(const std::filesystem::path& model, const TrainingPlan& plan,
                                 const TrainingSessionOptions& options)
    : TrainingSession(Source(model, options.dims), plan, options) {}

TrainingSession::TrainingSession(std::span<const std::byte> model, const TrainingPlan& plan,
                                 const TrainingSessionOptions& options)
    : TrainingSession(Source(model, options.dims), plan, options) {}

TrainingSession::TrainingSession(Source source, const TrainingPlan& plan,
                                 const TrainingSessionOptions& options)
    : source_(std::move(source)),
      plan_(completed(plan, *source_.graph, options.choice)),
      trainer_(
          *source_.graph, plan_, wanted_outputs(plan_, options.outputs),
          {.threads = options.threads, .products = options.precision, .kernels = options.kernels}) {
  set_length(trainer_.schedule(), plan_, options.steps_per_epoch);
  require_writable(source_.places, trainer_.weight_names());
  trainer_.require_finite_states();
}

Batch TrainingSession::checked(const Batch& batch) const {
  const std::vector<const Value*> inputs = trainer_.data_inputs();
  Batch converted;
  for (const auto& entry : batch) {
    const auto& [name, array] = entry;
    const auto found = std::find_if(inputs.begin(), inputs.end(), [&](const Value* input) {
      return input->name() == entry.first;
    });
    if (found == inputs.end()) {
      std::vector<std::string_view> names;
      for (const Value* input : inputs) names.push_back(input->name());
      fail("array '{}' of the batch belongs to no input; those are: {}", name,
           fmt::join(names, ", "));
    }
    converted[name] = converted_for(**found, array);
  }
  return converted;
}

void TrainingSession::add(const Trainer::Result& result, const Batch& batch,
                          Metrics& metrics) const {
  metrics.add(result.loss, std::get<Tensor>(result.outputs[0]), batch.at(plan_.step.loss.target));
}

Trainer::Result TrainingSession::step(const Batch& batch, Metrics* metrics) {
  const Batch arrays = checked(batch);
  Trainer::Result result = trainer_.step(arrays);
  if (metrics != nullptr) add(result, arrays, *metrics);
  result.outputs = result.outputs.subspan(1);
  return result;
}

std::map<std::string, Tensor> TrainingSession::gradients(const Batch& batch) {
  if (derivatives_ == nullptr) {
    derivatives_ = trainer_.make_judge(*source_.graph, {.update = false, .gradients = true});
  }
  derivatives_->follow(trainer_);
  derivatives_->follow_carried(trainer_);
  const Trainer::Result result = derivatives_->step(checked(batch));
  std::map<std::string, Tensor> gradients;
  for (std::size_t i = 0; i < result.gradients.size(); ++i) {
    gradients[trainer_.weight_names()[i]] = std::get<Tensor>(result.gradients[i]).clone();
  }
  return gradients;
}

double TrainingSession::evaluate(const Batch& batch, Metrics& metrics) {
  if (judge_ == nullptr) {
    judge_ =
        trainer_.make_judge(*source_.graph, {.model = {plan_.step.loss.output}, .update = false});
  }
  const Batch arrays = checked(batch);
  judge_->follow(trainer_);
  const Trainer::Result result = judge_->step(arrays);
  add(result, arrays, metrics);
  return result.loss;
}

Metrics TrainingSession::evaluate(std::span<const Batch> batches,
                                  const std::vector<std::string>& metrics) {
  Metrics result = make_metrics(metrics);
  if (judge_ != nullptr) judge_->forget_carried();
  for (const Batch& batch : batches) evaluate(batch, result);
  return result;
}

Metrics TrainingSession::make_metrics(const std::vector<std::string>& names) const {
  return {plan_.step.loss, names};
}

void TrainingSession::forget_carried() {
  trainer_.forget_carried();
  if (judge_ != nullptr) judge_->forget_carried();
}

void TrainingSession::set_weight(std::string_view name, const Tensor& numbers) {
  const std::vector<std::string>& names = trainer_.weight_names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    fail("'{}' is no trained weight; those are: {}", name, fmt::join(names, ", "));
  }
  Tensor weight = trainer_.states()[found - names.begin()];  // Shares the trainer's memory.
  if (!(numbers.type() == weight.type())) {
    fail("the numbers for weight '{}' are {} but must be {}", name, to_string(numbers.type()),
         to_string(weight.type()));
  }
  std::memcpy(weight.raw(), numbers.raw(), numbers.bytes());
}

std::vector<ModelPort> TrainingSession::inputs() const {
  std::vector<ModelPort> ports;
  for (const Value* input : trainer_.data_inputs()) ports.push_back({input->name(), input->type()});
  return ports;
}

void TrainingSession::save(const std::filesystem::path& path) const {
  trainer_.require_finite_states();
  const auto weights = trained_weights(trainer_);
  const auto metadata = metadata_of(plan_.carried);
  if (source_.bytes) {
    write_model_bytes_with_weights(*source_.bytes, source_.places, weights, path, metadata);
  } else {
    write_model_with_weights(source_.path, source_.places, weights, path, metadata);
  }
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
