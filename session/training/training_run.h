#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "session/training/dataset.h"
#include "session/training/training_plan.h"
#include "session/training/training_record.h"

namespace gatefold {

/// A whole run of `gatefold train`.
struct RunOptions {
  std::filesystem::path data;
  std::filesystem::path validation = {};  ///< Empty: none.
  BatchOptions batches;
  std::int64_t epochs =
      0;  ///< Either this or `steps` says how long; both 0: the plan's, or 1 epoch.
  std::int64_t steps = 0;
  std::vector<std::string> metrics = {};
  std::filesystem::path checkpoint = {};  ///< Folder; empty: none is written.
  std::int64_t save_every = 0;            ///< Steps; 0: at the end of each epoch.
  bool resume = false;
  std::filesystem::path log = {};
  bool record = false;  ///< Take down what comes of the steps.
  bool dry = false;     ///< End before the first step; without data, which are not looked at then.
  /// Receives the names of what is trained before the first step; not by stages.
  std::function<void(const std::vector<std::string>& weights)> ready =
      [](const std::vector<std::string>&) {};
  int threads = 1;
  ProductPrecision products = ProductPrecision::kFloat32;
};

/// What a run leaves.
struct RunResult {
  std::map<std::string, Tensor> weights;  ///< The trained parameters by name.
  TrainingRecord record;                  ///< Empty unless wanted.
};

/// Trains the parameters of a model. SIGINT ends the run after the step at
/// hand, with a checkpoint where one is wanted; the result then is what was reached. The model is
/// let go of before the first step. Throws Error: data that do not fit, weights or a loss that are
/// no numbers.
RunResult train(std::shared_ptr<const Graph> model, const TrainingPlan& plan,
                const RunOptions& options);

/// The same by the stages of training that the model has, from their initialization on. Without a
/// learning rate theirs is the base of the schedule. Returns all that the stages store, by the
/// names of the initializers. Validation, metrics and records are not possible.
std::map<std::string, Tensor> train_by_stages(Model& model, const ScheduleSpec& schedule,
                                              std::optional<double> learning_rate,
                                              const RunOptions& options);

}  // namespace gatefold
