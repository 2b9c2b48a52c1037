#include "session/session.h"

#include <algorithm>
#include <memory>
#include <span>

#include "c/errors.h"
#include "c/handles.h"
#include "c/tensors.h"
#include "ir/error.h"

gatefold_session::gatefold_session(gatefold::Session made)
    : session(std::move(made)), inputs(session.model().inputs().size()) {}

namespace gatefold::c {
namespace {

gatefold_session& session_of(gatefold_session* session) { return required(session, "the session"); }

Session make_session(const gatefold_model& model, const char* const* states, size_t count) {
  if (states == nullptr) return Session(model.model);
  std::vector<CarriedState> carried;
  for (size_t i = 0; i < count; ++i) {
    carried.push_back(parse_carried_state(&required(states[i], "a state")));
  }
  return {model.model, std::move(carried)};
}

std::size_t position_of(const std::vector<ModelPort>& ports, const ModelPort& port) {
  return static_cast<std::size_t>(&port - ports.data());
}

const Tensor& tensor_of(const Datum& result, const char* name) {
  if (const auto* tensor = std::get_if<Tensor>(&result)) return *tensor;
  fail("output '{}' is {}; this interface delivers tensors alone", name,
       gatefold::describe(result));
}

/// One run: takes the inputs, lends the session the memory for outputs, and writes to what could
/// not be lent.
class Run {
 public:
  Run(gatefold_session& handle, std::span<const gatefold_tensor> outputs)
      : handle_(handle), session_(handle.session), outputs_(outputs) {
    handle_.results = {};
  }

  // What the caller gave is not kept.
  ~Run() {
    std::fill(handle_.inputs.begin(), handle_.inputs.end(), Datum());
    for (const std::size_t position : lent_) session_.set_output(position, {});
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  void run(std::span<const gatefold_tensor> inputs) {
    for (const gatefold_tensor& input : inputs) take(input);
    for (const gatefold_tensor& output : outputs_) lend(output);
    const std::span<const Datum> results = session_.run(std::span<const Datum>(handle_.inputs));
    for (std::size_t i = 0; i < outputs_.size(); ++i) deliver(results[positions_[i]], outputs_[i]);
    handle_.results = results;
  }

 private:
  void take(const gatefold_tensor& input) {
    const CompiledModel& model = session_.model();
    const std::size_t position =
        position_of(model.inputs(), model.input(&required(input.name, "the name of an input")));
    Datum& place = handle_.inputs[position];
    if (!std::holds_alternative<std::monostate>(place)) refuse("'{}' is given twice", input.name);
    place = to_tensor(input);
  }

  bool is_carried(std::string_view output) const {
    const std::vector<CarriedState>& carried = session_.carried();
    return std::any_of(carried.begin(), carried.end(),
                       [&](const CarriedState& state) { return state.output == output; });
  }

  void lend(const gatefold_tensor& output) {
    const CompiledModel& model = session_.model();
    const ModelPort& port = model.output(&required(output.name, "the name of an output"));
    const std::size_t position = position_of(model.outputs(), port);
    if (std::find(positions_.begin(), positions_.end(), position) != positions_.end()) {
      refuse("memory for '{}' is given twice", output.name);
    }
    positions_.push_back(position);
    const Tensor memory = to_tensor(output);
    if (!is_usable(output) || is_carried(port.name)) return;  // Written to afterwards.
    session_.set_output(position, memory);
    lent_.push_back(position);
  }

  static void deliver(const Datum& result, const gatefold_tensor& output) {
    const Tensor& tensor = tensor_of(result, output.name);
    const Type wanted(to_data_type(output.type, output.name),
                      Dims(output.dims, output.dims + output.rank));
    if (!(tensor.type() == wanted)) {
      fail("output '{}' is {} but the memory for it is {}", output.name, to_string(tensor.type()),
           to_string(wanted));
    }
    if (tensor.raw() != output.data) copy_out(tensor, output);
  }

  gatefold_session& handle_;
  Session& session_;
  std::span<const gatefold_tensor> outputs_;
  std::vector<std::size_t> positions_;  // Of the outputs, in the model.
  std::vector<std::size_t> lent_;       // Those that are written into memory of the caller.
};

}  // namespace
}  // namespace gatefold::c

using gatefold::c::guarded;
using gatefold::c::refuse;
using gatefold::c::required;
using gatefold::c::session_of;
using Guard = gatefold::c::Occupation::Guard;

gatefold_status gatefold_session_create(const gatefold_model* model, const char* const* states,
                                        size_t count, gatefold_session** session) {
  return gatefold::c::make_handle(session, "the place for the session", [&] {
    return std::make_unique<gatefold_session>(
        gatefold::c::make_session(required(model, "the model"), states, count));
  });
}

gatefold_status gatefold_session_clone(const gatefold_session* session, gatefold_session** copy) {
  return gatefold::c::make_handle(copy, "the place for the session", [&] {
    const gatefold_session& original = required(session, "the session");
    const Guard guard(original.occupation, "session");
    return std::make_unique<gatefold_session>(original.session.clone());
  });
}

void gatefold_session_free(gatefold_session* session) { delete session; }

gatefold_status gatefold_session_run(gatefold_session* session, const gatefold_tensor* inputs,
                                     size_t input_count, const gatefold_tensor* outputs,
                                     size_t output_count) {
  return guarded([&] {
    gatefold_session& handle = session_of(session);
    if (input_count > 0) required(inputs, "the list of inputs");
    if (output_count > 0) required(outputs, "the list of outputs");
    const Guard guard(handle.occupation, "session");
    gatefold::c::Run(handle, {outputs, output_count}).run({inputs, input_count});
  });
}

gatefold_status gatefold_session_output(const gatefold_session* session, const char* name,
                                        gatefold_tensor* output) {
  return guarded([&] {
    const gatefold_session& handle = required(session, "the session");
    const Guard guard(handle.occupation, "session");
    const gatefold::CompiledModel& model = handle.session.model();
    const gatefold::ModelPort& port = model.output(&required(name, "the name of the output"));
    required(output, "the place for the output");
    if (handle.results.empty()) refuse("the session has no outputs before a run that succeeds");
    const auto& result = handle.results[gatefold::c::position_of(model.outputs(), port)];
    gatefold::c::describe(gatefold::c::tensor_of(result, name), *output);
    output->name = port.name.c_str();
  });
}

gatefold_status gatefold_session_reset(gatefold_session* session) {
  return guarded([&] {
    const Guard guard(session_of(session).occupation, "session");
    session->session.reset();
  });
}

gatefold_status gatefold_session_set_profiling(gatefold_session* session, int is_profiling) {
  return guarded([&] {
    const Guard guard(session_of(session).occupation, "session");
    session->session.context().set_profiling(is_profiling != 0);
  });
}

gatefold_status gatefold_session_profile(gatefold_session* session,
                                         const gatefold_profile_step** steps, size_t* count) {
  return guarded([&] {
    const Guard guard(session_of(session).occupation, "session");
    required(steps, "the place for the steps");
    required(count, "the place for their number");
    session->profile = session->session.context().profile();
    session->profile_steps.clear();
    for (const gatefold::StepProfile& step : session->profile) {
      session->profile_steps.push_back({step.op.c_str(), step.implementation.c_str(),
                                        step.time.runs, step.time.seconds, step.time.least});
    }
    *steps = session->profile_steps.data();
    *count = session->profile_steps.size();
  });
}
