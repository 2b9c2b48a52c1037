#pragma once

#include <map>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "session/training/trainer.h"

namespace gatefold {

/// What a run of a number of steps did, array by array:
///   losses [steps], grad_norms [steps], grad/<weight> (first step), after1/<weight>,
///   final/<weight>, out0/<output> (first step), loss_after_on_batch0 (scalar)
using TrainingRecord = std::map<std::string, Tensor>;

/// Notes what a trainer does.
class TrainingRecorder {
 public:
  explicit TrainingRecorder(const Graph& model);

  /// Adds to what the trainer must deliver all that is recorded.
  void request(TrainingOutputs& outputs) const;
  /// Takes down a step that was just done.
  void add(const Trainer& trainer, const Trainer::Result& result, const Batch& batch);
  /// Ends the record, which takes one more step on the first batch.
  TrainingRecord finish(Trainer& trainer);

 private:
  void add_first(const Trainer& trainer, const Trainer::Result& result);

  std::vector<std::string> outputs_;
  std::vector<float> losses_;
  std::vector<float> norms_;
  Batch first_batch_;
  TrainingRecord record_;
};

/// Trains a model on one batch after the other and records it.
TrainingRecord record_training(const Graph& model, const TrainingPlan& plan,
                               const std::vector<Batch>& batches, const CompileOptions& options);

}  // namespace gatefold
