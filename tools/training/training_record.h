#pragma once

#include <map>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "tools/training/trainer.h"

namespace gatefold::tools {

/// What a run of a number of steps did, array by array:
///   losses [steps], grad_norms [steps], grad/<weight> (first step), after1/<weight>,
///   final/<weight>, out0/<output> (first step), loss_after_on_batch0 (scalar)
using TrainingRecord = std::map<std::string, Tensor>;

/// Trains a model on one batch after the other and records it.
TrainingRecord record_training(const Graph& model, const TrainingPlan& plan,
                               const std::vector<Batch>& batches, int threads);

}  // namespace gatefold::tools
