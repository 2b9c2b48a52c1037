#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backend/executable.h"
#include "session/carried_states.h"
#include "session/compiled_model.h"

namespace gatefold {

/// Data of inputs or outputs by name.
using NamedData = std::map<std::string, Datum, std::less<>>;

/// One stream of calls of a compiled model, and the states that it carries from call to call. Used
/// by one thread at a time; sessions of one model share its weights and nothing else.
class Session {
 public:
  /// Carries the states that the file names.
  explicit Session(const std::shared_ptr<const CompiledModel>& model);
  /// Carries these states instead. Throws Error for one that does not go with the model.
  Session(std::shared_ptr<const CompiledModel> model, std::vector<CarriedState> states);
  Session(Session&&) noexcept;
  ~Session();

  const CompiledModel& model() const { return *model_; }
  const std::vector<CarriedState>& carried() const { return carried_; }

  /// Runs the model once. An input that is given always wins over a carried state; a state that has
  /// not been set is zero. The tensors given are read where they lie and must stay until the call
  /// returns; the result is valid until the next call. Throws Error: an unknown or missing input, a
  /// wrong type or shape, data that an operator refuses.
  const NamedData& run(const NamedData& inputs);
  /// The same in the order of the model's inputs and outputs; std::monostate stands for an input
  /// that is not given.
  std::span<const Datum> run(std::span<const Datum> inputs);
  /// Makes later calls write this output into the caller's memory, when it has the tensor's shape
  /// then; its datum in the result tells. An undefined tensor ends that. Throws Error for a carried
  /// or unknown output and for a tensor of another element type.
  void set_output(const std::string& name, Tensor memory);

  /// Makes all states zero again.
  void reset();
  /// Copies of the states by the names of their inputs; those that no call has made yet are absent.
  std::map<std::string, Tensor> get_states() const;
  /// Sets states by the names of their inputs; the tensors are copied. Throws Error for an input
  /// that no state is carried into and for a tensor of another type.
  void set_states(const std::map<std::string, Tensor>& states);
  /// Another stream of the same model that goes on from the same states.
  Session clone() const;

  /// Measures each step of later runs; see Context.
  Context& context() { return context_; }

 private:
  /// One carried state: what the next call reads, and where it writes.
  struct State {
    std::size_t input = 0;
    std::size_t output = 0;
    Tensor current = {};
    Tensor next = {};
  };

  void take_states(std::span<const Datum> given);
  void keep_states(std::span<const Datum> outputs);
  State& state_of(const std::string& input);
  [[noreturn]] void refuse_missing(std::size_t input) const;

  std::shared_ptr<const CompiledModel> model_;
  std::vector<CarriedState> carried_;
  std::vector<State> states_;
  std::vector<bool> is_carried_;  // Of each input.
  Context context_;
  std::vector<Datum> inputs_;
  std::vector<Tensor> memory_;  // Of outputs, where they are to be written; else undefined.
  NamedData outputs_;
};

}  // namespace gatefold
