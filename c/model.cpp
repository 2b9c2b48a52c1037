#include <memory>
#include <span>

#include "c/errors.h"
#include "c/handles.h"

gatefold_model::gatefold_model(std::shared_ptr<const gatefold::CompiledModel> loaded)
    : model(std::move(loaded)), inputs(model->inputs()), outputs(model->outputs()) {
  for (const gatefold::CarriedState& state : model->states()) {
    states.push_back(gatefold::to_string(state));
  }
}

namespace gatefold::c {
namespace {

LoadOptions load_options(const gatefold_options* options) {
  if (options == nullptr) return {};
  if (options->for_trainers != nullptr) {
    refuse("option '{}' is for trainers alone; make other options for the model",
           options->for_trainers);
  }
  return options->load;
}

const gatefold_model& model_of(const gatefold_model* model) { return required(model, "the model"); }

}  // namespace
}  // namespace gatefold::c

using gatefold::c::guarded;
using gatefold::c::load_options;
using gatefold::c::make_handle;
using gatefold::c::model_bytes;
using gatefold::c::model_of;
using gatefold::c::refuse;
using gatefold::c::required;

gatefold_status gatefold_model_load(const char* path, const gatefold_options* options,
                                    gatefold_model** model) {
  return make_handle(model, "the place for the model", [&] {
    const std::filesystem::path file = &required(path, "the path");
    return std::make_unique<gatefold_model>(gatefold::load(file, load_options(options)));
  });
}

gatefold_status gatefold_model_load_bytes(const void* bytes, size_t size,
                                          const gatefold_options* options, gatefold_model** model) {
  return make_handle(model, "the place for the model", [&] {
    return std::make_unique<gatefold_model>(
        gatefold::load(model_bytes(bytes, size), load_options(options)));
  });
}

void gatefold_model_free(gatefold_model* model) { delete model; }

gatefold_status gatefold_model_save(const gatefold_model* model, const char* path) {
  return guarded([&] {
    const gatefold::CompiledModel& compiled = *model_of(model).model;
    gatefold::write_compiled(compiled, compiled.states(), &required(path, "the path"));
  });
}

size_t gatefold_model_input_count(const gatefold_model* model) {
  return model == nullptr ? 0 : model->inputs.size();
}

size_t gatefold_model_output_count(const gatefold_model* model) {
  return model == nullptr ? 0 : model->outputs.size();
}

gatefold_status gatefold_model_input(const gatefold_model* model, size_t index,
                                     gatefold_port* port) {
  return guarded([&] {
    required(port, "the place for the port") = model_of(model).inputs.at(index, "input");
  });
}

gatefold_status gatefold_model_output(const gatefold_model* model, size_t index,
                                      gatefold_port* port) {
  return guarded([&] {
    required(port, "the place for the port") = model_of(model).outputs.at(index, "output");
  });
}

size_t gatefold_model_state_count(const gatefold_model* model) {
  return model == nullptr ? 0 : model->states.size();
}

gatefold_status gatefold_model_state(const gatefold_model* model, size_t index,
                                     const char** state) {
  return guarded([&] {
    const std::vector<std::string>& states = model_of(model).states;
    if (index >= states.size()) {
      refuse("there is no state {}; there are {}", index, states.size());
    }
    required(state, "the place for the state") = states[index].c_str();
  });
}
