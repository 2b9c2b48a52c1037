#include <cmath>
#include <memory>
#include <span>

#include "c/errors.h"
#include "c/handles.h"
#include "c/tensors.h"

namespace {

std::uint64_t next_number() {
  static std::atomic<std::uint64_t> number = 0;
  return ++number;
}

}  // namespace

gatefold_trainer::gatefold_trainer(gatefold::TrainingSession made)
    : session(std::move(made)), inputs(session.inputs()), number(next_number()) {}

namespace gatefold::c {
namespace {

gatefold_trainer& trainer_of(gatefold_trainer* trainer) { return required(trainer, "the trainer"); }
const gatefold_trainer& trainer_of(const gatefold_trainer* trainer) {
  return required(trainer, "the trainer");
}

TrainingSessionOptions training_options(const gatefold_options* options) {
  if (options == nullptr) return {};
  if (options->for_models != nullptr) {
    refuse("option '{}' is for models alone; make other options for the trainer",
           options->for_models);
  }
  return options->training;
}

/// Makes a trainer of a model, a path or bytes.
template <typename Model>
std::unique_ptr<gatefold_trainer> make_trainer(const Model& model, const char* plan,
                                               const gatefold_options* options) {
  const TrainingPlan parsed = parse_training_plan(&required(plan, "the plan"));
  return std::make_unique<gatefold_trainer>(
      TrainingSession(model, parsed, training_options(options)));
}

Batch to_batch(const gatefold_tensor* tensors, size_t count) {
  if (count > 0) required(tensors, "the batch");
  Batch batch;
  for (size_t i = 0; i < count; ++i) {
    Tensor tensor = to_tensor(tensors[i]);
    if (!batch.emplace(tensors[i].name, std::move(tensor)).second) {
      refuse("'{}' is given twice", tensors[i].name);
    }
  }
  return batch;
}

/// Returns what to add a batch of the trainer to; nullptr if there is nothing.
Metrics* metrics_of(const gatefold_trainer& trainer, gatefold_metrics* metrics) {
  if (metrics == nullptr) return nullptr;
  if (metrics->trainer != trainer.number) refuse("the metrics are of another trainer");
  return &metrics->metrics;
}

const std::string& weight_name(const gatefold_trainer& trainer, size_t index) {
  const std::vector<std::string>& names = trainer.session.trainer().weight_names();
  if (index >= names.size()) refuse("there is no weight {}; there are {}", index, names.size());
  return names[index];
}

}  // namespace
}  // namespace gatefold::c

using gatefold::c::guarded;
using gatefold::c::make_handle;
using gatefold::c::refuse;
using gatefold::c::required;
using gatefold::c::trainer_of;
using Guard = gatefold::c::Occupation::Guard;

gatefold_status gatefold_trainer_create(const char* path, const char* plan,
                                        const gatefold_options* options,
                                        gatefold_trainer** trainer) {
  return make_handle(trainer, "the place for the trainer", [&] {
    const std::filesystem::path file = &required(path, "the path");
    return gatefold::c::make_trainer(file, plan, options);
  });
}

gatefold_status gatefold_trainer_create_bytes(const void* bytes, size_t size, const char* plan,
                                              const gatefold_options* options,
                                              gatefold_trainer** trainer) {
  return make_handle(trainer, "the place for the trainer", [&] {
    return gatefold::c::make_trainer(gatefold::c::model_bytes(bytes, size), plan, options);
  });
}

void gatefold_trainer_free(gatefold_trainer* trainer) { delete trainer; }

size_t gatefold_trainer_input_count(const gatefold_trainer* trainer) {
  return trainer == nullptr ? 0 : trainer->inputs.size();
}

gatefold_status gatefold_trainer_input(const gatefold_trainer* trainer, size_t index,
                                       gatefold_port* port) {
  return guarded([&] {
    required(port, "the place for the port") = trainer_of(trainer).inputs.at(index, "array");
  });
}

gatefold_status gatefold_trainer_step(gatefold_trainer* trainer, const gatefold_tensor* batch,
                                      size_t count, gatefold_metrics* metrics, double* loss) {
  return guarded([&] {
    const Guard guard(trainer_of(trainer).occupation, "trainer");
    gatefold::Metrics* sums = gatefold::c::metrics_of(*trainer, metrics);
    const auto result = trainer->session.step(gatefold::c::to_batch(batch, count), sums);
    trainer->gradient_norm = result.gradient_norm;
    if (loss != nullptr) *loss = result.loss;
  });
}

gatefold_status gatefold_trainer_evaluate(gatefold_trainer* trainer, const gatefold_tensor* batch,
                                          size_t count, gatefold_metrics* metrics, double* loss) {
  return guarded([&] {
    const Guard guard(trainer_of(trainer).occupation, "trainer");
    gatefold::Metrics* sums = gatefold::c::metrics_of(*trainer, metrics);
    gatefold::Metrics nowhere = trainer->session.make_metrics({});
    const double found = trainer->session.evaluate(gatefold::c::to_batch(batch, count),
                                                   sums != nullptr ? *sums : nowhere);
    if (loss != nullptr) *loss = found;
  });
}

gatefold_status gatefold_trainer_gradients(gatefold_trainer* trainer, const gatefold_tensor* batch,
                                           size_t count) {
  return guarded([&] {
    const Guard guard(trainer_of(trainer).occupation, "trainer");
    trainer->gradients = trainer->session.gradients(gatefold::c::to_batch(batch, count));
  });
}

gatefold_status gatefold_trainer_reset(gatefold_trainer* trainer) {
  return guarded([&] {
    const Guard guard(trainer_of(trainer).occupation, "trainer");
    trainer->session.forget_carried();
  });
}

gatefold_status gatefold_trainer_end_epoch(gatefold_trainer* trainer, double loss) {
  return guarded([&] {
    const Guard guard(trainer_of(trainer).occupation, "trainer");
    if (std::isnan(loss)) refuse("the loss of the epoch is nan");
    trainer->session.end_epoch(loss);
  });
}

int64_t gatefold_trainer_steps(const gatefold_trainer* trainer) {
  return trainer == nullptr ? 0 : trainer->session.trainer().steps_done();
}

double gatefold_trainer_learning_rate(const gatefold_trainer* trainer) {
  double rate = 0;
  guarded([&] { rate = trainer_of(trainer).session.trainer().learning_rate(); });
  return rate;
}

double gatefold_trainer_gradient_norm(const gatefold_trainer* trainer) {
  return trainer == nullptr ? 0 : trainer->gradient_norm;
}

size_t gatefold_trainer_weight_count(const gatefold_trainer* trainer) {
  return trainer == nullptr ? 0 : trainer->session.trainer().weight_names().size();
}

gatefold_status gatefold_trainer_weight(const gatefold_trainer* trainer, size_t index,
                                        gatefold_tensor* weight) {
  return guarded([&] {
    gatefold_tensor& place = required(weight, "the place for the weight");
    place.name = gatefold::c::weight_name(trainer_of(trainer), index).c_str();
    gatefold::c::describe(trainer->session.trainer().states()[index], place);
  });
}

gatefold_status gatefold_trainer_gradient(const gatefold_trainer* trainer, size_t index,
                                          gatefold_tensor* gradient) {
  return guarded([&] {
    gatefold_tensor& place = required(gradient, "the place for the gradient");
    const std::string& name = gatefold::c::weight_name(trainer_of(trainer), index);
    const auto found = trainer->gradients.find(name);
    if (found == trainer->gradients.end()) {
      refuse("there are no gradients yet; call gatefold_trainer_gradients first");
    }
    place.name = name.c_str();
    gatefold::c::describe(found->second, place);
  });
}

gatefold_status gatefold_trainer_set_weight(gatefold_trainer* trainer,
                                            const gatefold_tensor* weight) {
  return guarded([&] {
    const Guard guard(trainer_of(trainer).occupation, "trainer");
    const gatefold::Tensor numbers = gatefold::c::to_tensor(required(weight, "the weight"));
    trainer->session.set_weight(weight->name, numbers);
  });
}

gatefold_status gatefold_trainer_save(const gatefold_trainer* trainer, const char* path) {
  return guarded([&] {
    const Guard guard(trainer_of(trainer).occupation, "trainer");
    trainer->session.save(&required(path, "the path"));
  });
}

gatefold_status gatefold_trainer_save_checkpoint(const gatefold_trainer* trainer,
                                                 const char* folder) {
  return guarded([&] {
    const Guard guard(trainer_of(trainer).occupation, "trainer");
    trainer->session.save_checkpoint(&required(folder, "the folder"));
  });
}

gatefold_status gatefold_trainer_load_checkpoint(gatefold_trainer* trainer, const char* folder) {
  return guarded([&] {
    const Guard guard(trainer_of(trainer).occupation, "trainer");
    trainer->session.restore_checkpoint(&required(folder, "the folder"));
  });
}
