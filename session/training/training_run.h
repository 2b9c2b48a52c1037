#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "passes/training/carried_state.h"
#include "session/training/dataset.h"
#include "session/training/observer.h"
#include "session/training/training_plan.h"
#include "session/training/training_record.h"

namespace gatefold {

/// The data, the length and the results of a training run.
struct RunOptions {
  DataSource data = {};
  DataSource validation = {};  ///< Empty: no validation.
  BatchOptions batches = {};
  SourceMaker make_source = source_maker<Dataset>();  ///< Makes batches of the data.
  std::int64_t epochs = 0;  ///< Length in epochs or in steps; both 0: the plan's, else 1 epoch.
  std::int64_t steps = 0;
  std::vector<std::string> metrics = {};
  std::filesystem::path checkpoint = {};  ///< Folder for checkpoints; empty: none.
  std::int64_t save_every = 0;            ///< Steps between checkpoints; 0: after each epoch.
  double save_pause = 0;  ///< Least seconds between checkpoints that are due after epochs.
  bool resume = false;
  /// End after this many epochs in a row whose loss (on the validation data, if there are any) was
  /// not better than the best; 0: never.
  std::int64_t early_stopping = 0;
  /// Return the weights of the epoch with the best loss instead of the last ones.
  bool keep_best = false;
  bool record = false;  ///< Record each step; see TrainingRecord.
  bool dry = false;     ///< End before the first step; data may then be missing.
  int threads = 1;
  ProductPrecision products = ProductPrecision::kFloat32;
  KernelChoice kernels = KernelChoice::kFastest;
};

/// The result of a training run.
struct RunResult {
  std::map<std::string, Tensor> weights;  ///< The trained parameters by name.
  std::vector<CarriedState> carried;      ///< The states that the plan carries.
  std::int64_t steps = 0;                 ///< Steps taken, those before a resumption included.
  double best_loss = 0;                   ///< Loss of the best epoch; 0 if none has ended.
  TrainingRecord record;                  ///< Empty unless RunOptions::record.
};

/// Trains the parameters of a model, and releases the model before the first step. Throws Error for
/// data and carried states that do not fit, and for weights or a loss that are not finite.
RunResult train(std::shared_ptr<const Graph> model, const TrainingPlan& plan,
                const RunOptions& options, TrainingObserver& observer);
/// Trains the model in a file, without an observer.
RunResult train(const std::filesystem::path& model, const TrainingPlan& plan,
                const RunOptions& options);

/// Writes the model of a file with the weights of a run and the names of its carried states, if
/// any, and otherwise as it is, whole or not at all. Throws Error as write_model_with_weights and
/// metadata_of do.
void save_trained(const std::filesystem::path& model, const RunResult& result,
                  const std::filesystem::path& output);

/// Trains a model by the training stages that its file describes, starting with their
/// initialization. Without `learning_rate` that of the stages is the base of the schedule. Returns
/// everything that the stages store, by the names of the initializers. Validation, metrics and
/// records are not available.
std::map<std::string, Tensor> train_by_stages(Model& model, const ScheduleSpec& schedule,
                                              std::optional<double> learning_rate,
                                              const RunOptions& options,
                                              TrainingObserver& observer);

}  // namespace gatefold
