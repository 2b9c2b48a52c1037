#pragma once

#include <map>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "session/training/trainer.h"

namespace gatefold {

/// The record of a run of some steps, as arrays by name:
///   losses [steps], grad_norms [steps], grad/WEIGHT (first step), after1/WEIGHT,
///   final/WEIGHT, out0/OUTPUT (first step), loss_after_on_batch0 (scalar)
using TrainingRecord = std::map<std::string, Tensor>;

/// Records the steps of a trainer.
class TrainingRecorder {
 public:
  explicit TrainingRecorder(const Graph& model);

  /// Adds everything that is recorded to the outputs that the trainer must deliver.
  void request(TrainingOutputs& outputs) const;
  /// Records the step that was just taken.
  void add(const Trainer& trainer, const Trainer::Result& result, const Batch& batch);
  /// Completes the record; takes one more step, on the first batch.
  TrainingRecord finish(Trainer& trainer);

 private:
  void add_first(const Trainer& trainer, const Trainer::Result& result);

  std::vector<std::string> outputs_;
  std::vector<float> losses_;
  std::vector<float> norms_;
  Batch first_batch_;
  TrainingRecord record_;
};

/// Trains a model on the batches in their order and returns the record.
TrainingRecord record_training(const Graph& model, const TrainingPlan& plan,
                               const std::vector<Batch>& batches, const CompileOptions& options);

}  // namespace gatefold
