#include "session/training/training_run.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>

#include "frontend/onnx_reader.h"
#include "frontend/onnx_writer.h"
#include "frontend/tensor_places.h"
#include "ir/error.h"
#include "passes/training/training_stages.h"
#include "session/carried_states.h"
#include "session/port.h"
#include "session/training/checkpoint.h"
#include "session/training/metrics.h"
#include "session/training/trainer.h"

namespace gatefold {
namespace {

/// Elements that lanes of a validation text have at least, beside which those at their beginning,
/// judged without what was before them, do not count.
constexpr std::int64_t kShortestJudgedLane = 512;

std::int64_t run_length(const RunOptions& options, const TrainingPlan& plan,
                        const BatchSource& batches) {
  if (options.steps > 0) return options.steps;
  if (options.epochs > 0) return options.epochs * batches.batches_per_epoch();
  return plan.steps > 0 ? plan.steps : batches.batches_per_epoch();
}

CompileOptions compile_options(const RunOptions& options) {
  return {.threads = options.threads, .products = options.products, .kernels = options.kernels};
}

void begin(const Trainer& trainer, TrainingObserver& observer) {
  trainer.require_finite_states();
  observer.begin(trainer.weight_names());
}

/// One run, step by step.
class Run {
 public:
  Run(const Graph& model, const TrainingPlan& plan, const RunOptions& options,
      TrainingObserver& observer)
      : options_(options),
        observer_(observer),
        plan_(plan),
        recorder_(options.record ? std::make_unique<TrainingRecorder>(model) : nullptr),
        proposed_states_(propose_states(inputs_of(model), outputs_of(model))),
        trainer_(model, plan, wanted_outputs(), compile_options(options)),
        batches_(options.make_source(options.data, trainer_.data_inputs(), plan.step.loss.target,
                                     batch_options())),
        metrics_(plan.step.loss, options.metrics),
        total_(run_length(options, plan, *batches_)) {
    if (!options.validation.empty()) prepare_validation(model);
  }

  /// Trains by a step that is ready.
  Run(TrainingStep step, const TrainingPlan& plan, const RunOptions& options,
      TrainingObserver& observer)
      : options_(options),
        observer_(observer),
        plan_(plan),
        trainer_(std::move(step), plan, compile_options(options)),
        batches_(options.make_source(options.data, trainer_.data_inputs(), {}, batch_options())),
        metrics_(plan.step.loss, {}),
        total_(run_length(options, plan, *batches_)) {}

  const Trainer& trainer() const { return trainer_; }

  void run() {
    batches_->set_run_length(total_);
    if (options_.resume) resume();
    saved_ = Clock::now();
    if (!options_.checkpoint.empty()) prepare_checkpoints(options_.checkpoint);
    trainer_.schedule().set_run_length(total_ / plan_.step.accumulate,
                                       batches_->batches_per_epoch() / plan_.step.accumulate);
    while (trainer_.steps_done() < total_ && !has_stopped_early() && !observer_.wants_stop()) {
      step();
    }
    trainer_.require_finite_states();
    save();
    observer_.end(trainer_.steps_done(), total_);
  }

  RunResult result() {
    RunResult result{.weights = best_.weights.empty() ? trained_weights(trainer_) : best_.weights,
                     .carried = plan_.carried,
                     .steps = trainer_.steps_done(),
                     .best_loss = best_.epochs > 0 ? best_.loss : 0,
                     .record = {}};
    if (recorder_ != nullptr) result.record = recorder_->finish(trainer_);
    return result;
  }

 private:
  using Clock = std::chrono::steady_clock;

  // The output that the loss judges comes first.
  TrainingOutputs wanted_outputs() const {
    TrainingOutputs wanted{.model = {plan_.step.loss.output}};
    if (recorder_ != nullptr) recorder_->request(wanted);
    return wanted;
  }

  void prepare_validation(const Graph& model) {
    judge_ = trainer_.make_judge(model, {.model = {plan_.step.loss.output}, .update = false});
    BatchOptions batches = batch_options();
    batches.shuffle = false;
    batches.shortest_lane = kShortestJudgedLane;
    validation_ = options_.make_source(options_.validation, judge_->data_inputs(),
                                       plan_.step.loss.target, batches);
  }

  void resume() {
    const RunPosition position = read_checkpoint(options_.checkpoint, trainer_);
    if (position.batches_per_epoch != batches_->batches_per_epoch()) {
      fail(
          "the checkpoint in '{}' is of a run with {} batches per epoch, but this one has {}; "
          "resume with the same data and batch size",
          options_.checkpoint.string(), position.batches_per_epoch, batches_->batches_per_epoch());
    }
    if (trainer_.steps_done() > total_) {
      fail(
          "the run in '{}' has taken {} steps already, but this one is to end after {}; train for "
          "more epochs or steps",
          options_.checkpoint.string(), trainer_.steps_done(), total_);
    }
    epoch_ = position.epoch;
    batch_ = position.batch;
    metrics_.restore(position.sums);
    resume_best(position.best);
  }

  void resume_best(const BestEpoch& best) {
    best_ = best;
    if (!options_.keep_best) best_.weights.clear();
    if (!options_.keep_best || best_.epochs == 0 || !best_.weights.empty()) return;
    fail(
        "the checkpoint in '{}' holds no weights of the best epoch, for they were not to be kept; "
        "resume without keeping the best ones",
        options_.checkpoint.string());
  }

  void save() {
    if (options_.checkpoint.empty()) return;
    saved_ = Clock::now();
    trainer_.require_finite_states();
    write_checkpoint(options_.checkpoint, trainer_,
                     {epoch_, batch_, batches_->batches_per_epoch(), metrics_.sums(), best_});
    observer_.saved(options_.checkpoint);
  }

  double seconds_since_save() const {
    return std::chrono::duration<double>(Clock::now() - saved_).count();
  }

  bool has_stopped_early() const {
    return options_.early_stopping > 0 && best_.bad_epochs >= options_.early_stopping;
  }

  BatchOptions batch_options() const {
    BatchOptions batches = options_.batches;
    batches.drop_last = batches.drop_last || !plan_.carried.empty();
    batches.proposed_states = proposed_states_;
    if (batches.bucket) {
      batches.shuffle = true;
      batches.ignored_class = ignored_class(plan_.step.loss);
    }
    return batches;
  }

  void step() {
    if (batches_->starts_anew(batch_)) trainer_.forget_carried();
    const Batch batch = batches_->batch(epoch_, batch_);
    rate_ = trainer_.learning_rate();
    const Trainer::Result result = trainer_.step(batch);
    if (recorder_ != nullptr) recorder_->add(trainer_, result, batch);
    if (result.outputs.empty()) {
      metrics_.add(result.loss, batches_->samples(batch_));
    } else {
      metrics_.add(result.loss, std::get<Tensor>(result.outputs[0]),
                   batch.at(plan_.step.loss.target));
    }
    observer_.end_step({trainer_.steps_done(), total_, epoch_, batches_->samples(batch_),
                        result.loss, result.gradient_norm, rate_, metrics_});
    if (++batch_ == batches_->batches_per_epoch()) end_epoch();
    const bool is_due = options_.save_every > 0
                            ? trainer_.steps_done() % options_.save_every == 0
                            : batch_ == 0 && seconds_since_save() >= options_.save_pause;
    // The end of the run is saved when it is reached.
    if (is_due && trainer_.steps_done() < total_) save();
  }

  void end_epoch() {
    std::optional<Metrics> validation;
    if (judge_ != nullptr) validation = validate();
    const Metrics& decisive = validation ? *validation : metrics_;
    bool is_best = false;
    if (decisive.sums().losses > 0) {
      trainer_.schedule().end_epoch(decisive.loss());
      is_best = note_epoch(decisive.loss());
    }
    observer_.end_epoch({epoch_, rate_, is_best, metrics_, validation ? &*validation : nullptr,
                         [this] { return trained_weights(trainer_); }});
    metrics_.restore({});
    ++epoch_;
    batch_ = 0;
  }

  /// Returns whether the epoch is the best so far.
  bool note_epoch(double loss) {
    if (best_.epochs++ > 0 && loss >= best_.loss) {
      ++best_.bad_epochs;
      return false;
    }
    best_.loss = loss;
    best_.bad_epochs = 0;
    if (options_.keep_best) best_.weights = trained_weights(trainer_);
    return true;
  }

  Metrics validate() {
    Metrics metrics(plan_.step.loss, options_.metrics);
    judge_->follow(trainer_);
    for (std::int64_t i = 0; i < validation_->batches_per_epoch(); ++i) {
      if (validation_->starts_anew(i)) judge_->forget_carried();
      const Batch batch = validation_->batch(0, i);
      const Trainer::Result result = judge_->step(batch);
      metrics.add(result.loss, std::get<Tensor>(result.outputs[0]),
                  batch.at(plan_.step.loss.target));
    }
    return metrics;
  }

  const RunOptions& options_;
  TrainingObserver& observer_;
  TrainingPlan plan_;
  std::unique_ptr<TrainingRecorder> recorder_;
  std::vector<CarriedState> proposed_states_;  // See BatchOptions.
  Trainer trainer_;
  std::unique_ptr<BatchSource> batches_;
  Metrics metrics_;  // Of the epoch so far.
  std::int64_t total_;
  std::unique_ptr<Trainer> judge_;
  std::unique_ptr<BatchSource> validation_;
  std::int64_t epoch_ = 0;
  std::int64_t batch_ = 0;  // Of the epoch, the next one.
  double rate_ = 0;         // Of the last step.
  BestEpoch best_;
  Clock::time_point saved_ = Clock::now();
};

}  // namespace

RunResult train(std::shared_ptr<const Graph> model, const TrainingPlan& plan,
                const RunOptions& options, TrainingObserver& observer) {
  const TrainingPlan whole = completed(plan, *model);
  if (options.dry && options.data.empty()) {
    begin(Trainer(*model, whole, {}, compile_options(options)), observer);
    return {};
  }
  Run run(*model, whole, options, observer);
  model.reset();
  begin(run.trainer(), observer);
  if (options.dry) return {};
  run.run();
  return run.result();
}

RunResult train(const std::filesystem::path& model, const TrainingPlan& plan,
                const RunOptions& options) {
  TrainingObserver nobody;
  return train(read_model(model).graph, plan, options, nobody);
}

void save_trained(const std::filesystem::path& model, const RunResult& result,
                  const std::filesystem::path& output) {
  TensorPlaces places;
  read_model(model, places);
  write_model_with_weights(model, places, result.weights, output, metadata_of(result.carried));
}

std::map<std::string, Tensor> train_by_stages(Model& model, const ScheduleSpec& schedule,
                                              std::optional<double> learning_rate,
                                              const RunOptions& options,
                                              TrainingObserver& observer) {
  initialize_training(model);
  TrainingStep step = join_stages(model);
  TrainingPlan plan;
  plan.schedule = schedule;
  plan.step.optimizer.learning_rate = learning_rate.value_or(step.learning_rate);
  Run run(std::move(step), plan, options, observer);
  run.run();
  return trained_states(run.trainer());
}

}  // namespace gatefold
