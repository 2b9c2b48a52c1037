#include "backend/executable.h"

#include <omp.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include "backend/plan/plan_runner.h"
#include "backend/plan/prepared_graph.h"
#include "ir/error.h"

namespace gatefold {
namespace {

// Checks one input against its declared type; `symbols` holds the extents named so far.
void check_input(const Value& input, const Datum& datum,
                 std::map<std::string, std::pair<std::int64_t, std::string>>& symbols) {
  const auto* tensor = std::get_if<Tensor>(&datum);
  const Type& declared = input.type();
  if (!declared.is_tensor()) {
    const bool fits =
        std::holds_alternative<Sequence>(datum) || declared.kind == Type::Kind::kOptional;
    if (!fits) fail("input '{}' is a tensor but must be {}", input.name(), to_string(declared));
    return;
  }
  if (tensor == nullptr || !tensor->is_defined()) {
    fail("input '{}' is not a tensor but must be {}", input.name(), to_string(declared));
  }
  bool fits = tensor->dtype() == declared.dtype &&
              (!declared.has_rank() || declared.rank() == tensor->rank());
  for (std::size_t i = 0; fits && declared.has_rank() && i < declared.shape->size(); ++i) {
    const Dim& dim = (*declared.shape)[i];
    const std::int64_t size = tensor->dims()[i];
    fits = !dim.is_known() || dim.size() == size;
    if (!dim.is_symbol()) continue;
    const auto [known, is_new] = symbols.try_emplace(dim.symbol(), size, input.name());
    if (!is_new && known->second.first != size) {
      fail("input '{}' is {}, which makes '{}' {}, but input '{}' makes it {}; they must agree",
           input.name(), to_string(tensor->type()), dim.symbol(), size, known->second.second,
           known->second.first);
    }
  }
  if (!fits) {
    fail("input '{}' is {} but must be {}", input.name(), to_string(tensor->type()),
         to_string(declared));
  }
}

/// Brings the outputs that were not computed there to the memory that the caller gave for them.
void copy_to(std::span<Tensor> memory, std::span<Datum> outputs) {
  for (std::size_t i = 0; i < std::min(memory.size(), outputs.size()); ++i) {
    const auto* output = std::get_if<Tensor>(&outputs[i]);
    Tensor& place = memory[i];
    if (output == nullptr || !place.is_defined() || !(place.type() == output->type())) continue;
    if (place.raw() != output->raw()) std::memcpy(place.raw(), output->raw(), output->bytes());
    outputs[i] = place;
  }
}

/// Writes those outputs over their states that have not been computed there.
void copy_updates(const CompileOptions& options, std::span<const Datum> outputs,
                  std::span<Tensor> memory) {
  if (options.updates.empty() || !are_finite(outputs, options.checks)) return;
  for (const StateUpdate& update : options.updates) {
    const auto* output = std::get_if<Tensor>(&outputs[update.output]);
    if (output == nullptr) continue;
    Tensor& state = memory[update.output];
    if (!(state.type() == output->type())) {
      fail("the next value of a state of {} is {}", to_string(state.type()),
           to_string(output->type()));
    }
    std::memcpy(state.raw(), output->raw(), output->bytes());
  }
}

/// Sets the number of OpenMP threads, and what the caller had set when it goes.
class ThreadCount {
 public:
  explicit ThreadCount(int threads) : before_(omp_get_max_threads()) {
    omp_set_num_threads(threads);
  }
  ~ThreadCount() { omp_set_num_threads(before_); }
  ThreadCount(const ThreadCount&) = delete;
  ThreadCount& operator=(const ThreadCount&) = delete;

 private:
  int before_;
};

}  // namespace

Executable::Executable(std::shared_ptr<const Graph> graph, CompileOptions options)
    : prepared_(std::make_unique<const PreparedGraph>(std::move(graph), std::move(options))) {}
Executable::~Executable() = default;

const Graph& Executable::graph() const { return prepared_->graph(); }
const CompileOptions& Executable::options() const { return prepared_->options(); }

struct Context::State {
  PlanRunner& runner_for(const PreparedGraph& prepared, std::span<const Datum> data);
  void keep_within(std::size_t most_bytes);
  std::size_t plan_bytes() const;

  std::vector<std::unique_ptr<PlanRunner>> runners;  // The most recently used one first.
  PlanRunner::Surroundings surroundings;
  std::vector<const Datum*> inputs;
  std::vector<Datum> delivered;  // Outputs, some of them in the caller's memory.
};

PlanRunner& Context::State::runner_for(const PreparedGraph& prepared, std::span<const Datum> data) {
  const auto found = std::find_if(runners.begin(), runners.end(),
                                  [&](const auto& runner) { return runner->fits(inputs); });
  if (found != runners.end()) {
    std::rotate(runners.begin(), found, found + 1);
    return *runners.front();
  }
  const Graph& graph = prepared.graph();
  std::map<std::string, std::pair<std::int64_t, std::string>> symbols;
  std::vector<PlanInput> plan_inputs;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const Value* input = graph.inputs()[i];
    check_input(*input, data[i], symbols);
    const auto* tensor = std::get_if<Tensor>(&data[i]);
    plan_inputs.push_back({input, tensor == nullptr ? input->type() : tensor->type()});
  }
  runners.insert(runners.begin(),
                 std::make_unique<PlanRunner>(prepared, graph, std::move(plan_inputs),
                                              prepared.nodes_of(graph), 0));
  keep_within(prepared.options().most_plan_bytes);
  return *runners.front();
}

void Context::State::keep_within(std::size_t most_bytes) {
  while (runners.size() > 1 && plan_bytes() > most_bytes) runners.pop_back();
}

std::size_t Context::State::plan_bytes() const {
  std::size_t sum = surroundings.arena.bytes();
  for (const auto& runner : runners) sum += runner->bytes();
  return sum;
}

Context::Context(std::shared_ptr<const Executable> executable)
    : executable_(std::move(executable)), state_(std::make_unique<State>()) {}
Context::~Context() = default;
Context::Context(Context&&) noexcept = default;

std::span<const Datum> Context::run(std::span<const Datum> inputs, std::span<Tensor> memory) {
  const PreparedGraph& prepared = executable_->prepared();
  if (inputs.size() != prepared.graph().inputs().size()) {
    fail("{} inputs are given but the model has {}", inputs.size(),
         prepared.graph().inputs().size());
  }
  const ThreadCount threads(prepared.options().threads);
  state_->inputs.clear();
  for (const Datum& datum : inputs) state_->inputs.push_back(&datum);
  PlanRunner& runner = state_->runner_for(prepared, inputs);
  const std::int64_t growths = state_->surroundings.arena.growths();
  const auto outputs = runner.run(state_->inputs, memory, state_->surroundings);
  if (state_->surroundings.arena.growths() != growths) {
    for (const auto& other : state_->runners) {
      if (other.get() != &runner) other->release_memory();
    }
  }
  if (!prepared.options().updates.empty()) {
    copy_updates(prepared.options(), outputs, memory);
    return outputs;
  }
  if (memory.empty()) return outputs;
  state_->delivered.assign(outputs.begin(), outputs.end());
  copy_to(memory, state_->delivered);
  return state_->delivered;
}

void Context::set_profiling(bool enabled) { state_->surroundings.profiling = enabled; }

std::vector<StepProfile> Context::profile() const {
  std::vector<StepProfile> profile;
  for (const auto& runner : state_->runners) runner->append_profile(profile);
  return profile;
}

std::size_t Context::plan_bytes() const { return state_->plan_bytes(); }

}  // namespace gatefold
