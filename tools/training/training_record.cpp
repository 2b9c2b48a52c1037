#include "tools/training/training_record.h"

namespace gatefold::tools {
namespace {

void record_weights(const Trainer& trainer, const std::string& prefix, TrainingRecord& record) {
  for (std::size_t i = 0; i < trainer.weight_names().size(); ++i) {
    record[prefix + trainer.weight_names()[i]] = trainer.states()[i].clone();
  }
}

void record_first_step(const Trainer& trainer, const Trainer::Result& result,
                       const std::vector<std::string>& outputs, TrainingRecord& record) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    record["out0/" + outputs[i]] = std::get<Tensor>(result.outputs[i]).clone();
  }
  for (std::size_t i = 0; i < result.gradients.size(); ++i) {
    record["grad/" + trainer.weight_names()[i]] = std::get<Tensor>(result.gradients[i]).clone();
  }
  record_weights(trainer, "after1/", record);
}

}  // namespace

TrainingRecord record_training(const Graph& model, const TrainingPlan& plan,
                               const std::vector<Batch>& batches, int threads) {
  TrainingOutputs wanted{.gradients = true};
  for (const Graph::Output& output : model.outputs()) wanted.model.push_back(output.name);
  Trainer trainer(model, plan, wanted, threads);
  TrainingRecord record;
  std::vector<float> losses;
  std::vector<float> norms;
  for (const Batch& batch : batches) {
    const Trainer::Result result = trainer.step(batch);
    losses.push_back(static_cast<float>(result.loss));
    norms.push_back(static_cast<float>(result.gradient_norm));
    if (losses.size() == 1) record_first_step(trainer, result, wanted.model, record);
  }
  const Dims steps{static_cast<std::int64_t>(losses.size())};
  record["losses"] = Tensor::of<float>(steps, losses);
  record["grad_norms"] = Tensor::of<float>(steps, norms);
  record_weights(trainer, "final/", record);
  trainer.forget_carried();
  const double last = trainer.step(batches.front()).loss;
  record["loss_after_on_batch0"] = Tensor::scalar(static_cast<float>(last));
  return record;
}

}  // namespace gatefold::tools
