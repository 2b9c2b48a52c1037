#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/tensor_places.h"
#include "ir/graph.h"
#include "passes/bind.h"
#include "session/port.h"
#include "session/training/metrics.h"
#include "session/training/trainer.h"
#include "session/training/training_plan.h"

namespace gatefold {

/// Which tensors of a model are trained, by shell patterns (*, ?, [...]) for their names.
struct TrainableChoice {
  /// A tensor is trained if it is a weight (see find_tensors) and matches a pattern, and if a
  /// pattern is its whole name. Empty: every weight.
  std::vector<std::string> trainable = {};
  std::vector<std::string> frozen = {};  ///< Patterns of tensors that are not trained.
};

/// Returns the names of the chosen tensors for a loss of the output `judged` (empty: the first).
/// Throws Error for a pattern that matches nothing, and when nothing is left.
std::vector<std::string> choose_trainable(const Graph& model, const std::string& judged,
                                          const TrainableChoice& choice);

/// How a TrainingSession runs.
struct TrainingSessionOptions {
  TrainableChoice choice = {};            ///< Unless the plan itself names what is trained.
  std::vector<std::string> outputs = {};  ///< Outputs of the model that each step delivers.
  DimSizes dims = {};                     ///< Sizes for named extents.
  /// Steps in an epoch, for schedules that count epochs; 0: not stated.
  std::int64_t steps_per_epoch = 0;
  int threads = 1;
  ProductPrecision precision = ProductPrecision::kFloat32;
  KernelChoice kernels = KernelChoice::kFastest;
};

/// Trains the model of a file on batches that the caller gives, one step at a time. Only one thread
/// at a time may use it.
class TrainingSession {
 public:
  /// Reads the model and builds its step. Throws Error as read_model, choose_trainable and Trainer
  /// do, for a plan without a loss, and for a schedule whose length is not known.
  TrainingSession(const std::filesystem::path& model, const TrainingPlan& plan,
                  const TrainingSessionOptions& options = {});
  /// Trains the model in the bytes of a model file, of which the session keeps a copy.
  TrainingSession(std::span<const std::byte> model, const TrainingPlan& plan,
                  const TrainingSessionOptions& options = {});

  /// Takes one step on a batch: the arrays of the inputs and of the targets, by name, which are
  /// read in place; element types are converted between widths as by converted_for. Adds the loss
  /// to `metrics` if given. The result has the outputs of the options; its data are valid until the
  /// next step. Throws Error for an array of an unknown name and as Trainer::step does; no weight
  /// has been changed then.
  Trainer::Result step(const Batch& batch, Metrics* metrics = nullptr);
  /// Computes the gradients that the next step would have on the batch, before clipping, by the
  /// names of the weights, and changes nothing.
  std::map<std::string, Tensor> gradients(const Batch& batch);
  /// Computes the loss and other metrics (see Metrics) of batches with the present weights, and
  /// changes nothing. Carried states are zero before the first batch, and carried from batch to
  /// batch.
  Metrics evaluate(std::span<const Batch> batches, const std::vector<std::string>& metrics = {});
  /// Does the same with one more batch, whose carried states are those of the evaluation before:
  /// adds to the metrics, which make_metrics made, and returns the loss.
  double evaluate(const Batch& batch, Metrics& metrics);
  /// Makes metrics of these names for the losses of this session; see Metrics.
  Metrics make_metrics(const std::vector<std::string>& names) const;

  /// Tells the schedule that an epoch has ended with this loss.
  void end_epoch(double loss) { trainer_.schedule().end_epoch(loss); }
  /// Sets the carried states to zero before the next step, and before the next evaluation.
  void forget_carried();
  /// Sets a trained weight to a copy of these numbers. Throws Error for another name or type.
  void set_weight(std::string_view name, const Tensor& numbers);

  /// Writes the file of the model with the present weights and the names of the carried states.
  /// Throws Error for a weight that is not finite, and as write_model_with_weights does.
  void save(const std::filesystem::path& path) const;
  /// Write everything that is needed to continue bit for bit into a folder, and read it. Throw
  /// Error as write_checkpoint and read_checkpoint do.
  void save_checkpoint(const std::filesystem::path& folder) const;
  void restore_checkpoint(const std::filesystem::path& folder);

  /// Returns what a batch holds: the inputs of the model that are not carried, and the targets.
  std::vector<ModelPort> inputs() const;
  const TrainingPlan& plan() const { return plan_; }
  /// Returns the trainer that takes the steps: its weights, inputs, rate and number of steps.
  const Trainer& trainer() const { return trainer_; }

 private:
  /// The model's file or its bytes, and what is read from them.
  struct Source {
    Source(const std::filesystem::path& path, const DimSizes& dims);
    Source(std::span<const std::byte> model, const DimSizes& dims);
    void take(Model model, const DimSizes& dims);

    std::filesystem::path path;
    std::optional<std::string> bytes;  ///< Of a model that is in no file.
    TensorPlaces places;
    std::shared_ptr<const Graph> graph;
  };

  TrainingSession(Source source, const TrainingPlan& plan, const TrainingSessionOptions& options);
  Batch checked(const Batch& batch) const;
  void add(const Trainer::Result& result, const Batch& batch, Metrics& metrics) const;

  Source source_;
  TrainingPlan plan_;
  Trainer trainer_;
  std::unique_ptr<Trainer> judge_;        // Made when it is asked for.
  std::unique_ptr<Trainer> derivatives_;  // The same: delivers gradients.
};

}  // namespace gatefold
