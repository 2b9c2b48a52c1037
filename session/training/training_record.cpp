#include "session/training/training_record.h"

namespace gatefold {
namespace {

void record_weights(const Trainer& trainer, const std::string& prefix, TrainingRecord& record) {
  for (const auto& [name, weight] : trained_weights(trainer)) record[prefix + name] = weight;
}

}  // namespace

TrainingRecorder::TrainingRecorder(const Graph& model) {
  for (const Graph::Output& output : model.outputs()) outputs_.push_back(output.name);
}

void TrainingRecorder::request(TrainingOutputs& outputs) const {
  outputs.model.insert(outputs.model.end(), outputs_.begin(), outputs_.end());
  outputs.gradients = true;
}

void TrainingRecorder::add(const Trainer& trainer, const Trainer::Result& result,
                           const Batch& batch) {
  if (losses_.empty()) {
    add_first(trainer, result);
    first_batch_ = batch;
  }
  losses_.push_back(static_cast<float>(result.loss));
  norms_.push_back(static_cast<float>(result.gradient_norm));
}

void TrainingRecorder::add_first(const Trainer& trainer, const Trainer::Result& result) {
  const std::span<const Datum> outputs = result.outputs.last(outputs_.size());
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    record_["out0/" + outputs_[i]] = std::get<Tensor>(outputs[i]).clone();
  }
  for (std::size_t i = 0; i < result.gradients.size(); ++i) {
    record_["grad/" + trainer.weight_names()[i]] = std::get<Tensor>(result.gradients[i]).clone();
  }
  record_weights(trainer, "after1/", record_);
}

TrainingRecord TrainingRecorder::finish(Trainer& trainer) {
  const Dims steps{static_cast<std::int64_t>(losses_.size())};
  record_["losses"] = Tensor::of<float>(steps, losses_);
  record_["grad_norms"] = Tensor::of<float>(steps, norms_);
  record_weights(trainer, "final/", record_);
  if (!losses_.empty()) {
    trainer.forget_carried();
    const double last = trainer.step(first_batch_).loss;
    record_["loss_after_on_batch0"] = Tensor::scalar(static_cast<float>(last));
  }
  return std::move(record_);
}

TrainingRecord record_training(const Graph& model, const TrainingPlan& plan,
                               const std::vector<Batch>& batches, const CompileOptions& options) {
  TrainingRecorder recorder(model);
  TrainingOutputs wanted;
  recorder.request(wanted);
  Trainer trainer(model, plan, wanted, options);
  const std::int64_t updates = std::ssize(batches) / plan.step.accumulate;
  trainer.schedule().set_run_length(updates, updates);
  for (const Batch& batch : batches) recorder.add(trainer, trainer.step(batch), batch);
  return recorder.finish(trainer);
}

}  // namespace gatefold
