#include "tools/training/training_run.h"

#include <algorithm>
#include <csignal>
#include <memory>

#include "ir/error.h"
#include "tools/output.h"
#include "tools/training/checkpoint.h"
#include "tools/training/metrics.h"
#include "tools/training/progress.h"
#include "tools/training/trainer.h"

namespace gatefold::tools {
namespace {

volatile std::sig_atomic_t stop_requested = 0;

/// Makes SIGINT ask for a stop while it lives; a second one ends the process as usual.
class StopOnInterrupt {
 public:
  StopOnInterrupt() {
    stop_requested = 0;
    previous_ = std::signal(SIGINT, [](int) {
      stop_requested = 1;
      std::signal(SIGINT, SIG_DFL);
    });
  }
  ~StopOnInterrupt() { std::signal(SIGINT, previous_); }
  StopOnInterrupt(const StopOnInterrupt&) = delete;
  StopOnInterrupt& operator=(const StopOnInterrupt&) = delete;

 private:
  void (*previous_)(int);
};

/// The plan with the loss's output named.
TrainingPlan completed(TrainingPlan plan, const Graph& model) {
  if (plan.step.loss.output.empty() && !model.outputs().empty()) {
    plan.step.loss.output = model.outputs().front().name;
  }
  return plan;
}

std::int64_t run_length(const RunOptions& options, const TrainingPlan& plan,
                        const Dataset& dataset) {
  if (options.steps > 0) return options.steps;
  if (options.epochs > 0) return options.epochs * dataset.batches_per_epoch();
  return plan.steps > 0 ? plan.steps : dataset.batches_per_epoch();
}

/// One run, step by step.
class Run {
 public:
  Run(const Graph& model, const TrainingPlan& plan, const RunOptions& options)
      : options_(options),
        plan_(plan),
        judged_{.model = {plan.step.loss.output}},
        trainer_(model, plan, judged_, options.threads),
        dataset_(options.data, trainer_.data_inputs(), plan.step.loss.target, batch_options()),
        metrics_(plan.step.loss, options.metrics) {
    if (!options.validation.empty()) {
      TrainingOutputs only_judging = judged_;
      only_judging.update = false;
      TrainingPlan same_weights = plan;
      same_weights.step.trainable = trainer_.weight_names();
      judge_ = std::make_unique<Trainer>(model, same_weights, only_judging, options.threads);
      validation_ = std::make_unique<Dataset>(options.validation, judge_->data_inputs(),
                                              plan.step.loss.target, batch_options());
    }
    total_ = run_length(options, plan, dataset_);
  }

  void run() {
    if (options_.resume) position_ = read_checkpoint(options_.checkpoint, trainer_);
    trainer_.schedule().set_run_length(total_);
    Progress progress(options_.log, options_.resume);
    const StopOnInterrupt interrupt;
    while (trainer_.steps_done() < total_ && stop_requested == 0) step(progress);
    progress.end_line();
    if (!options_.checkpoint.empty()) write_checkpoint(options_.checkpoint, trainer_, position_);
    print("{} {} of {} steps\n", stop_requested != 0 ? "stopped after" : "trained",
          trainer_.steps_done(), total_);
  }

  const Trainer& trainer() const { return trainer_; }

 private:
  BatchOptions batch_options() const {
    BatchOptions batches = options_.batches;
    batches.drop_last = batches.drop_last || !plan_.carried.empty();
    return batches;
  }

  void step(Progress& progress) {
    if (dataset_.starts_anew(position_.batch)) trainer_.forget_carried();
    const Batch batch = dataset_.batch(position_.epoch, position_.batch);
    const std::int64_t samples = dataset_.samples(position_.batch);
    const double rate = trainer_.learning_rate();
    const Trainer::Result result = trainer_.step(batch);
    metrics_.add(result.loss, static_cast<double>(samples), std::get<Tensor>(result.outputs[0]),
                 batch.at(plan_.step.loss.target));
    progress.show_step({trainer_.steps_done(), total_, position_.epoch, samples, result.loss,
                        result.gradient_norm, rate, metrics_.to_string()});
    if (++position_.batch == dataset_.batches_per_epoch()) end_epoch(progress);
    const bool is_due = options_.checkpoint_every > 0
                            ? trainer_.steps_done() % options_.checkpoint_every == 0
                            : position_.batch == 0;
    if (is_due && !options_.checkpoint.empty()) {
      write_checkpoint(options_.checkpoint, trainer_, position_);
    }
  }

  void end_epoch(Progress& progress) {
    const std::string training = metrics_.to_string();
    double loss = metrics_.loss();
    std::string validation;
    if (judge_ != nullptr) {
      const Metrics found = validate();
      loss = found.loss();
      validation = found.to_string();
    }
    trainer_.schedule().end_epoch(loss);
    progress.show_epoch(position_.epoch, training, validation);
    metrics_.clear();
    ++position_.epoch;
    position_.batch = 0;
  }

  Metrics validate() {
    Metrics metrics(plan_.step.loss, options_.metrics);
    const std::span<const Tensor> states = trainer_.states();
    judge_->restore(states.first(trainer_.weight_names().size()), {}, 0);
    for (std::int64_t i = 0; i < validation_->batches_per_epoch(); ++i) {
      if (validation_->starts_anew(i)) judge_->forget_carried();
      const Batch batch = validation_->batch(0, i);
      const Trainer::Result result = judge_->step(batch);
      metrics.add(result.loss, static_cast<double>(validation_->samples(i)),
                  std::get<Tensor>(result.outputs[0]), batch.at(plan_.step.loss.target));
    }
    return metrics;
  }

  const RunOptions& options_;
  TrainingPlan plan_;
  TrainingOutputs judged_;
  Trainer trainer_;
  Dataset dataset_;
  Metrics metrics_;
  std::unique_ptr<Trainer> judge_;
  std::unique_ptr<Dataset> validation_;
  RunPosition position_;
  std::int64_t total_ = 0;
};

}  // namespace

std::map<std::string, Tensor> train(const Graph& model, const TrainingPlan& plan,
                                    const RunOptions& options) {
  Run run(model, completed(plan, model), options);
  run.run();
  return trained_weights(run.trainer());
}

TrainingRecord train_recorded(const Graph& model, const TrainingPlan& plan,
                              const RunOptions& options) {
  const TrainingPlan complete = completed(plan, model);
  const Trainer trainer(model, complete, {}, options.threads);
  const Dataset dataset(options.data, trainer.data_inputs(), complete.step.loss.target,
                        options.batches);
  std::vector<Batch> batches;
  for (std::int64_t i = 0; i < run_length(options, plan, dataset); ++i) {
    const std::int64_t per_epoch = dataset.batches_per_epoch();
    batches.push_back(dataset.batch(i / per_epoch, i % per_epoch));
  }
  return record_training(model, complete, batches, options.threads);
}

}  // namespace gatefold::tools
