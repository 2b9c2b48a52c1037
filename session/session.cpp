#include "session/session.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "ir/error.h"
#include "ir/value_names.h"

namespace gatefold {
namespace {

std::size_t position_of(const std::vector<ModelPort>& ports, const std::string& name) {
  const auto found = std::find_if(ports.begin(), ports.end(),
                                  [&](const ModelPort& port) { return port.name == name; });
  return static_cast<std::size_t>(found - ports.begin());
}

bool overlap(const Tensor& a, const Tensor& b) {
  const std::less<> before;
  return a.bytes() > 0 && b.bytes() > 0 && before(a.raw(), b.raw() + b.bytes()) &&
         before(b.raw(), a.raw() + a.bytes());
}

bool is_given(const Datum& datum) { return !std::holds_alternative<std::monostate>(datum); }

}  // namespace

Session::Session(const std::shared_ptr<const CompiledModel>& model)
    : Session(model, model->states()) {}

Session::Session(std::shared_ptr<const CompiledModel> model, std::vector<CarriedState> states)
    : model_(std::move(model)),
      carried_(std::move(states)),
      is_carried_(model_->inputs().size()),
      context_(model_->executable()),
      inputs_(model_->inputs().size()),
      memory_(model_->outputs().size()),
      is_callers_(model_->outputs().size()) {
  check_states(model_->graph(), carried_);
  for (const CarriedState& state : carried_) {
    states_.push_back({.input = position_of(model_->inputs(), state.input),
                       .output = position_of(model_->outputs(), state.output)});
    is_carried_[states_.back().input] = true;
  }
}

Session::Session(Session&&) noexcept = default;
Session::~Session() = default;

void Session::refuse_missing(std::size_t input) const {
  const ModelPort& port = model_->inputs()[input];
  std::string proposal;
  for (const CarriedState& state : propose_states(model_->inputs(), model_->outputs())) {
    if (state.input == port.name) {
      proposal = fmt::format(", or carry output '{}' into it by the state {}", state.output,
                             to_string(state));
    }
  }
  fail("input '{}' {} is missing; give it{}", port.name, to_string(port.type), proposal);
}

void Session::take_states(std::span<const Datum> given) {
  if (given.size() != inputs_.size()) {
    fail("{} inputs are given but the model has {}", given.size(), inputs_.size());
  }
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (is_given(given[i]) || !is_carried_[i]) inputs_[i] = given[i];
  }
  for (State& state : states_) {
    memory_[state.output] = state.next;
    if (is_given(given[state.input])) continue;
    if (!state.current.is_defined()) {
      state.current = zero_state(model_->inputs()[state.input], sizes_in(model_->inputs(), given));
    }
    inputs_[state.input] = state.current;
  }
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (!is_given(inputs_[i]) && model_->inputs()[i].type.is_tensor()) refuse_missing(i);
  }
}

void Session::keep_states(std::span<const Datum> outputs) {
  for (State& state : states_) {
    const auto* output = std::get_if<Tensor>(&outputs[state.output]);
    if (output == nullptr) {
      fail("output '{}' is no tensor and cannot be carried", model_->outputs()[state.output].name);
    }
    if (state.next.is_defined() && output->raw() == state.next.raw()) {
      std::swap(state.current, state.next);
    } else {
      // The first call, or one that gave the state another shape.
      state.current = output->clone();
    }
    if (!state.next.is_defined() || state.next.dtype() != state.current.dtype() ||
        state.next.dims() != state.current.dims()) {
      state.next = Tensor(state.current.dtype(), state.current.dims());
    }
  }
}

void Session::require_apart(std::span<const Datum> given) const {
  for (std::size_t k = 0; k < memory_.size(); ++k) {
    if (!is_callers_[k]) continue;
    for (std::size_t i = 0; i < given.size(); ++i) {
      const auto* input = std::get_if<Tensor>(&given[i]);
      if (input == nullptr || !overlap(*input, memory_[k])) continue;
      fail("the memory for output '{}' overlaps that of input '{}'; give it memory of its own",
           model_->outputs()[k].name, model_->inputs()[i].name);
    }
  }
}

std::span<const Datum> Session::run(std::span<const Datum> inputs) {
  require_apart(inputs);
  take_states(inputs);
  const std::span<const Datum> outputs = context_.run(inputs_, memory_);
  keep_states(outputs);
  return outputs;
}

const NamedData& Session::run(const NamedData& inputs) {
  std::vector<Datum> ordered(inputs_.size());
  for (const auto& [name, datum] : inputs) {
    const std::size_t position = position_of(model_->inputs(), name);
    if (position == ordered.size()) model_->input(name);  // Throws, with the names there are.
    ordered[position] = datum;
  }
  const std::span<const Datum> outputs = run(std::span<const Datum>(ordered));
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    outputs_[model_->outputs()[i].name] = outputs[i];
  }
  return outputs_;
}

void Session::set_output(const std::string& name, Tensor memory) {
  model_->output(name);  // Throws for an unknown name.
  set_output(position_of(model_->outputs(), name), std::move(memory));
}

void Session::set_output(std::size_t position, Tensor memory) {
  const ModelPort& port = model_->outputs().at(position);
  for (const State& state : states_) {
    if (state.output == position) {
      fail("output '{}' is carried; its memory is the session's", port.name);
    }
  }
  if (memory.is_defined() && memory.dtype() != port.type.dtype) {
    fail("the memory for output '{}' is {} but the output is {}", port.name,
         to_string(memory.type()), to_string(port.type));
  }
  is_callers_[position] = memory.is_defined();
  memory_[position] = std::move(memory);
}

void Session::reset() {
  for (State& state : states_) state.current = {};
}

std::map<std::string, Tensor> Session::get_states() const {
  std::map<std::string, Tensor> states;
  for (const State& state : states_) {
    if (state.current.is_defined()) {
      states[model_->inputs()[state.input].name] = state.current.clone();
    }
  }
  return states;
}

Session::State& Session::state_of(const std::string& input) {
  for (State& state : states_) {
    if (model_->inputs()[state.input].name == input) return state;
  }
  fail("no state is carried into input '{}'", input);
}

void Session::set_states(const std::map<std::string, Tensor>& states) {
  for (const auto& [name, tensor] : states) {
    const Type& type = model_->input(name).type;
    if (tensor.dtype() != type.dtype || (type.has_rank() && type.rank() != tensor.rank())) {
      fail("state '{}' is {} but must be {}", name, to_string(tensor.type()), to_string(type));
    }
    state_of(name).current = tensor.clone();
  }
}

Session Session::clone() const {
  Session copy(model_, carried_);
  copy.set_states(get_states());
  return copy;
}

}  // namespace gatefold
