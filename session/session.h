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

/// The data of inputs or outputs, by name.
using NamedData = std::map<std::string, Datum, std::less<>>;

/// One stream of calls of a compiled model, with the states that it carries from call to call. Only
/// one thread at a time may use it; sessions of one model share its weights and nothing else.
class Session {
 public:
  /// Makes a session that carries the states that the file names.
  explicit Session(const std::shared_ptr<const CompiledModel>& model);
  /// Makes a session that carries these states instead. Throws Error as check_states does.
  Session(std::shared_ptr<const CompiledModel> model, std::vector<CarriedState> states);
  Session(Session&&) noexcept;
  ~Session();

  const CompiledModel& model() const { return *model_; }
  const std::vector<CarriedState>& carried() const { return carried_; }

  /// Runs the model once. An input that is given always wins over a carried state; a state that has
  /// not been set is zero. The given tensors are read in place and must stay valid until the call
  /// returns; the result is valid until the next call. Throws Error for an unknown or missing
  /// input, a wrong type or shape, and data that an operator refuses.
  const NamedData& run(const NamedData& inputs);
  /// Runs the model on inputs in the model's order and returns its outputs in theirs;
  /// std::monostate stands for an input that is not given.
  std::span<const Datum> run(std::span<const Datum> inputs);
  /// Makes later calls write this output into the caller's memory whenever the output has the
  /// tensor's shape; the result's datum then lies in that memory. An undefined tensor cancels this.
  /// Runs refuse memory that overlaps an input. Throws Error for a carried or unknown output and
  /// for a tensor of another element type.
  void set_output(const std::string& name, Tensor memory);
  /// The same for an output by its number in the model's order.
  void set_output(std::size_t position, Tensor memory);

  /// Sets all states to zero.
  void reset();
  /// Returns copies of the states by the names of their inputs, without those that are not set yet.
  std::map<std::string, Tensor> get_states() const;
  /// Sets states by the names of their inputs, and copies the tensors. Throws Error for an input
  /// that takes no state and for a tensor of another type.
  void set_states(const std::map<std::string, Tensor>& states);
  /// Makes another session of the same model that continues from copies of the states.
  Session clone() const;

  /// Returns the Context that runs the model, for measuring its steps.
  Context& context() { return context_; }

 private:
  /// One carried state: what the next call reads, and where it writes.
  struct State {
    std::size_t input = 0;
    std::size_t output = 0;
    Tensor current = {};
    Tensor next = {};
  };

  void require_apart(std::span<const Datum> given) const;
  void take_states(std::span<const Datum> given);
  void keep_states(std::span<const Datum> outputs);
  State& state_of(const std::string& input);
  [[noreturn]] void refuse_missing(std::size_t input) const;

  std::shared_ptr<const CompiledModel> model_;
  std::vector<CarriedState> carried_;
  std::vector<State> states_;
  std::vector<bool> is_carried_;  // One per input.
  Context context_;
  std::vector<Datum> inputs_;
  std::vector<Tensor> memory_;    // One per output: where to write it; undefined: anywhere.
  std::vector<bool> is_callers_;  // One per output: whether that memory is the caller's.
  NamedData outputs_;
};

}  // namespace gatefold
