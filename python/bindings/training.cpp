#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "frontend/onnx_reader.h"
#include "ir/error.h"
#include "python/bindings/arrays.h"
#include "python/bindings/bindings.h"
#include "python/bindings/settings.h"
#include "python/bindings/unlocked.h"
#include "session/port.h"
#include "session/training/corpus.h"
#include "session/training/training_run.h"
#include "session/training/training_session.h"

namespace gatefold::python {
namespace {

using Arrays = std::map<std::string, py::object>;

py::dict to_arrays(const std::map<std::string, Tensor>& tensors) {
  py::dict arrays;
  for (const auto& [name, tensor] : tensors) arrays[py::str(name)] = shared_array(tensor);
  return arrays;
}

TrainableChoice choice_of(const std::vector<std::string>& trainable,
                          const std::vector<std::string>& frozen) {
  return {.trainable = trainable, .frozen = frozen};
}

/// A training session that one thread at a time uses, and what Python gives it.
class SteppedTrainer {
 public:
  SteppedTrainer(TrainingSession session, std::vector<std::string> outputs)
      : session_(std::move(session)), outputs_(std::move(outputs)) {
    for (const ModelPort& input : session_.inputs()) types_[input.name] = input.type.dtype;
  }

  py::dict step(const Arrays& batch) {
    const Use use(*this);
    const Batch arrays = borrow(batch);
    const double rate = session_.trainer().learning_rate();
    Trainer::Result result;
    {
      const Unlocked unlocked;
      result = session_.step(arrays);
    }
    py::dict outputs;
    for (std::size_t i = 0; i < result.outputs.size(); ++i) {
      outputs[py::str(outputs_[i])] = to_object(result.outputs[i]);
    }
    return py::dict(py::arg("loss") = result.loss, py::arg("gradient_norm") = result.gradient_norm,
                    py::arg("learning_rate") = rate, py::arg("outputs") = outputs);
  }

  py::dict gradients(const Arrays& batch) {
    const Use use(*this);
    const Batch arrays = borrow(batch);
    std::map<std::string, Tensor> gradients;
    {
      const Unlocked unlocked;
      gradients = session_.gradients(arrays);
    }
    return to_arrays(gradients);
  }

  std::map<std::string, double> evaluate(const std::vector<Arrays>& batches,
                                         const std::vector<std::string>& metrics) {
    const Use use(*this);
    std::vector<Batch> arrays;
    for (const Arrays& batch : batches) arrays.push_back(borrow(batch));
    std::optional<Metrics> judged;
    {
      const Unlocked unlocked;
      judged = session_.evaluate(arrays, metrics);
    }
    std::map<std::string, double> result{{"loss", judged->loss()}};
    const std::vector<double> values = judged->values();
    for (std::size_t i = 0; i < values.size(); ++i) result[judged->names()[i]] = values[i];
    return result;
  }

  void set_weight(const std::string& name, const py::object& numbers) {
    const Use use(*this);
    session_.set_weight(name, borrow_tensor(numbers, DataType::kFloat32, owners_));
  }
  void end_epoch(double loss) { session_.end_epoch(loss); }
  void forget_carried() { session_.forget_carried(); }

  void save(const std::filesystem::path& path) {
    const Use use(*this);
    const Unlocked unlocked;
    session_.save(path);
  }
  void save_checkpoint(const std::filesystem::path& folder) {
    const Use use(*this);
    const Unlocked unlocked;
    session_.save_checkpoint(folder);
  }
  void restore_checkpoint(const std::filesystem::path& folder) {
    const Use use(*this);
    const Unlocked unlocked;
    session_.restore_checkpoint(folder);
  }

  py::dict weights() const { return to_arrays(trained_weights(session_.trainer())); }
  std::int64_t steps() const { return session_.trainer().steps_done(); }
  double learning_rate() const { return session_.trainer().learning_rate(); }

  std::vector<ModelPort> inputs() const { return session_.inputs(); }

 private:
  /// One use, after which nothing of the caller's is held.
  class Use {
   public:
    explicit Use(SteppedTrainer& trainer) : trainer_(trainer) {
      if (trainer.is_used_) fail("the trainer is at work in another thread; wait for its step");
      trainer.is_used_ = true;
    }
    ~Use() {
      trainer_.is_used_ = false;
      trainer_.owners_.clear();
    }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    SteppedTrainer& trainer_;
  };

  Batch borrow(const Arrays& arrays) {
    Batch batch;
    for (const auto& [name, array] : arrays) {
      const auto type = types_.find(name);
      const DataType wanted = type == types_.end() ? DataType::kUndefined : type->second;
      batch.emplace(name, borrow_tensor(array, wanted, owners_));
    }
    return batch;
  }

  TrainingSession session_;
  std::vector<std::string> outputs_;
  std::map<std::string, DataType> types_;  // Of the arrays of a batch.
  Owners owners_;
  bool is_used_ = false;
};

std::unique_ptr<SteppedTrainer> make_trainer(
    const std::variant<py::bytes, std::filesystem::path>& model, const std::string& plan_text,
    const std::vector<std::string>& trainable, const std::vector<std::string>& frozen,
    const std::vector<std::string>& outputs, const DimSizes& dims, std::int64_t steps_per_epoch,
    std::int64_t seed, int threads, const std::string& precision) {
  const TrainingSessionOptions options{.choice = choice_of(trainable, frozen),
                                       .outputs = outputs,
                                       .dims = dims,
                                       .steps_per_epoch = steps_per_epoch,
                                       .threads = threads,
                                       .precision = precision_named(precision)};
  TrainingPlan plan = parse_training_plan(plan_text);
  plan.step.seed = seed;
  const auto* path = std::get_if<std::filesystem::path>(&model);
  const std::string_view bytes = path == nullptr ? std::get<py::bytes>(model) : "";
  const Unlocked unlocked;
  TrainingSession session = path == nullptr
                                ? TrainingSession(std::as_bytes(std::span(bytes)), plan, options)
                                : TrainingSession(*path, plan, options);
  return std::make_unique<SteppedTrainer>(std::move(session), outputs);
}

/// Tells Python's callbacks of the progress of a run, and stops it for Ctrl-C and for them.
class CallbackObserver : public TrainingObserver {
 public:
  CallbackObserver(py::object on_step, py::object on_epoch, py::object on_checkpoint)
      : on_step_(std::move(on_step)),
        on_epoch_(std::move(on_epoch)),
        on_checkpoint_(std::move(on_checkpoint)) {}

  /// Ends the lock under which the run began: callbacks lock again.
  void enter(Unlocked& unlocked) { unlocked_ = &unlocked; }

  void end_step(const Step& step) override {
    const Unlocked::Pause pause(*unlocked_);
    tell(on_step_, py::dict(py::arg("step") = step.step, py::arg("total") = step.total,
                            py::arg("epoch") = step.epoch, py::arg("loss") = step.loss,
                            py::arg("gradient_norm") = step.gradient_norm,
                            py::arg("learning_rate") = step.learning_rate));
  }

  void end_epoch(const Epoch& epoch) override {
    const Unlocked::Pause pause(*unlocked_);
    py::dict fields(py::arg("epoch") = epoch.epoch, py::arg("learning_rate") = epoch.learning_rate,
                    py::arg("is_best") = epoch.is_best);
    add(fields, "training_", epoch.training);
    if (epoch.validation != nullptr) add(fields, "validation_", *epoch.validation);
    tell(on_epoch_, fields);
  }

  void saved(const std::filesystem::path& folder) override {
    const Unlocked::Pause pause(*unlocked_);
    tell(on_checkpoint_, py::str(folder.string()));
  }

  /// Ctrl-C ends the run like a callback, so that a checkpoint is written.
  bool wants_stop() override {
    const Unlocked::Pause pause(*unlocked_);
    if (PyErr_CheckSignals() != 0) {
      interruption_.emplace();
      return true;
    }
    return wants_stop_;
  }

  /// Throws what a signal's handler has thrown during the run.
  void raise_interruption() {
    if (interruption_) throw py::error_already_set(*std::exchange(interruption_, std::nullopt));
  }

 private:
  static void add(py::dict& fields, const std::string& prefix, const Metrics& metrics) {
    fields[py::str(prefix + "loss")] = metrics.loss();
    const std::vector<double> values = metrics.values();
    for (std::size_t i = 0; i < values.size(); ++i) {
      fields[py::str(prefix + metrics.names()[i])] = values[i];
    }
  }

  /// A callback that returns True ends the run.
  void tell(const py::object& callback, const py::object& argument) {
    if (callback.is_none()) return;
    const py::object answer = callback(argument);
    if (answer.is(py::bool_(true))) wants_stop_ = true;
  }

  py::object on_step_, on_epoch_, on_checkpoint_;
  Unlocked* unlocked_ = nullptr;
  bool wants_stop_ = false;
  std::optional<py::error_already_set> interruption_;
};

DataSource data_from(const py::object& data) {
  if (data.is_none()) return {};
  if (!py::isinstance<py::dict>(data)) return {.path = data.cast<std::filesystem::path>()};
  DataSource source;
  for (const auto& [name, array] : data.cast<Arrays>()) source.arrays[name] = own_tensor(array);
  return source;
}

RunOptions run_options(const py::object& data, const py::object& validation,
                       const py::dict& settings) {
  RunOptions options{.data = data_from(data), .validation = data_from(validation)};
  read(settings, "epochs", options.epochs);
  read(settings, "steps", options.steps);
  read(settings, "metrics", options.metrics);
  read(settings, "checkpoint", options.checkpoint);
  read(settings, "save_every", options.save_every);
  read(settings, "resume", options.resume);
  read(settings, "early_stopping", options.early_stopping);
  read(settings, "keep_best", options.keep_best);
  read(settings, "threads", options.threads);
  read(settings, "batch_size", options.batches.batch_size);
  read(settings, "batch_axes", options.batches.batch_axes);
  read(settings, "bptt", options.batches.chunk);
  read(settings, "shuffle", options.batches.shuffle);
  read(settings, "bucket", options.batches.bucket);
  read(settings, "seed", options.batches.seed);
  bool is_corpus = false;
  read(settings, "corpus", is_corpus);
  if (is_corpus) options.make_source = source_maker<Corpus>();
  return options;
}

RunResult run_training(const std::filesystem::path& path, const std::string& plan_text,
                       const TrainableChoice& choice, const RunOptions& options,
                       CallbackObserver& observer) {
  TrainingPlan plan = parse_training_plan(plan_text);
  if (plan.step.loss.type.empty()) fail("no loss is given, by which the model would be trained");
  plan.step.seed = static_cast<std::int64_t>(options.batches.seed);
  Unlocked unlocked;
  observer.enter(unlocked);
  std::shared_ptr<const Graph> model = read_model(path).graph;
  if (plan.step.trainable.empty()) {
    plan.step.trainable = choose_trainable(*model, plan.step.loss.output, choice);
  }
  return train(std::move(model), plan, options, observer);
}

RunResult train_on_data(const std::filesystem::path& model, const std::string& plan,
                        const std::vector<std::string>& trainable,
                        const std::vector<std::string>& frozen, const py::object& data,
                        const py::object& validation, const py::dict& settings,
                        const std::string& precision, const py::object& on_step,
                        const py::object& on_epoch, const py::object& on_checkpoint) {
  RunOptions options = run_options(data, validation, settings);
  options.products = precision_named(precision);
  CallbackObserver observer(on_step, on_epoch, on_checkpoint);
  RunResult result = run_training(model, plan, choice_of(trainable, frozen), options, observer);
  observer.raise_interruption();
  return result;
}

void add_trainer(py::module_& module) {
  py::class_<SteppedTrainer>(module, "Trainer")
      .def(py::init(&make_trainer), py::kw_only(), py::arg("model"), py::arg("plan"),
           py::arg("trainable"), py::arg("frozen"), py::arg("outputs"), py::arg("dims"),
           py::arg("steps_per_epoch"), py::arg("seed"), py::arg("threads"), py::arg("precision"))
      .def("step", &SteppedTrainer::step)
      .def("gradients", &SteppedTrainer::gradients)
      .def("evaluate", &SteppedTrainer::evaluate)
      .def("set_weight", &SteppedTrainer::set_weight)
      .def("end_epoch", &SteppedTrainer::end_epoch)
      .def("forget_carried", &SteppedTrainer::forget_carried)
      .def("save", &SteppedTrainer::save)
      .def("save_checkpoint", &SteppedTrainer::save_checkpoint)
      .def("restore_checkpoint", &SteppedTrainer::restore_checkpoint)
      .def_property_readonly("weights", &SteppedTrainer::weights)
      .def_property_readonly("steps", &SteppedTrainer::steps)
      .def_property_readonly("learning_rate", &SteppedTrainer::learning_rate)
      .def_property_readonly("inputs", &SteppedTrainer::inputs);
}

}  // namespace

void add_training(py::module_& module) {
  add_trainer(module);
  py::class_<RunResult>(module, "RunResult")
      .def_property_readonly("weights",
                             [](const RunResult& result) { return to_arrays(result.weights); })
      .def_readonly("steps", &RunResult::steps)
      .def_readonly("best_loss", &RunResult::best_loss)
      .def("save", [](const RunResult& result, const std::filesystem::path& model,
                      const std::filesystem::path& path) { save_trained(model, result, path); });
  module.def("train", &train_on_data, py::kw_only(), py::arg("model"), py::arg("plan"),
             py::arg("trainable"), py::arg("frozen"), py::arg("data"), py::arg("validation"),
             py::arg("settings"), py::arg("precision"), py::arg("on_step"), py::arg("on_epoch"),
             py::arg("on_checkpoint"));
}

}  // namespace gatefold::python
