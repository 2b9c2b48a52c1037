#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "session/training/dataset.h"
#include "session/training/observer.h"
#include "session/training/training_plan.h"
#include "session/training/training_record.h"

namespace gatefold {

/// A whole run of training.
struct RunOptions {
  DataSource data = {};
  DataSource validation = {};  ///< Empty: none.
  BatchOptions batches = {};
  std::int64_t epochs = 0;  ///< How long: in epochs or in steps; both 0: the plan's, or 1 epoch.
  std::int64_t steps = 0;
  std::vector<std::string> metrics = {};
  std::filesystem::path checkpoint = {};  ///< Folder; empty: none is written.
  std::int64_t save_every = 0;            ///< Steps; 0: at the end of each epoch.
  bool resume = false;
  /// End after so many epochs in a row whose loss (of the validation data, where there are some)
  /// was no better than the best; 0: never.
  std::int64_t early_stopping = 0;
  bool keep_best =
      false;            ///< Return the weights of the epoch with the best loss, not the last ones.
  bool record = false;  ///< Record each step; see TrainingRecord.
  bool dry = false;     ///< End before the first step; without data, which are not looked at then.
  int threads = 1;
  ProductPrecision products = ProductPrecision::kFloat32;
};

/// What a run leaves.
struct RunResult {
  std::map<std::string, Tensor> weights;  ///< The trained parameters by name.
  std::int64_t steps = 0;                 ///< Those done, all runs of a resumed one together.
  double best_loss = 0;                   ///< Of the best epoch; 0 when none ended.
  TrainingRecord record;                  ///< Empty unless wanted.
};

/// Trains the parameters of a model. The model is let go of before the first step. Throws Error:
/// data that do not fit, weights or a loss that are no numbers.
RunResult train(std::shared_ptr<const Graph> model, const TrainingPlan& plan,
                const RunOptions& options, TrainingObserver& observer);
/// The same without anybody to tell, of the model in a file.
RunResult train(const std::filesystem::path& model, const TrainingPlan& plan,
                const RunOptions& options);

/// Writes the model of a file as it is with the weights of a run, whole or not at all. Throws
/// Error: see write_model_with_weights.
void save_trained(const std::filesystem::path& model, const RunResult& result,
                  const std::filesystem::path& output);

/// The same by the stages of training that the model has, from their initialization on. Without a
/// learning rate theirs is the base of the schedule. Returns all that the stages store, by the
/// names of the initializers. Validation, metrics and records are not possible.
std::map<std::string, Tensor> train_by_stages(Model& model, const ScheduleSpec& schedule,
                                              std::optional<double> learning_rate,
                                              const RunOptions& options,
                                              TrainingObserver& observer);

}  // namespace gatefold
