#include "backend/executable.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <list>
#include <map>
#include <unordered_map>
#include <utility>

#include "backend/forked_threads.h"
#include "backend/plan/plan_runner.h"
#include "backend/plan/prepared_graph.h"
#include "backend/thread_count.h"
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

bool have_equal_types(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.dims() == b.dims();
}

/// Brings the outputs that were not computed there to the memory that the caller gave for them.
void copy_to(std::span<Tensor> memory, std::span<Datum> outputs) {
  for (std::size_t i = 0; i < std::min(memory.size(), outputs.size()); ++i) {
    const auto* output = std::get_if<Tensor>(&outputs[i]);
    Tensor& place = memory[i];
    if (output == nullptr || !place.is_defined() || !have_equal_types(place, *output)) continue;
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
    if (!have_equal_types(state, *output)) {
      fail("the next value of a state of {} is {}", to_string(state.type()),
           to_string(output->type()));
    }
    std::memcpy(state.raw(), output->raw(), output->bytes());
  }
}

}  // namespace

Executable::Executable(std::shared_ptr<const Graph> graph, CompileOptions options)
    : prepared_(std::make_unique<const PreparedGraph>(std::move(graph), std::move(options))) {
  prepare_for_forks();
}
Executable::~Executable() = default;

const Graph& Executable::graph() const { return prepared_->graph(); }
const CompileOptions& Executable::options() const { return prepared_->options(); }

/// A number that is the same for data of the same types and shapes.
std::size_t shape_hash(std::span<const Datum* const> data) {
  std::size_t hash = 0;
  const auto mix = [&hash](std::int64_t number) {
    hash = (hash ^ static_cast<std::size_t>(number)) * 0x9E3779B97F4A7C15U;
    hash ^= hash >> 29U;
  };
  for (const Datum* datum : data) {
    const auto* tensor = std::get_if<Tensor>(datum);
    if (tensor == nullptr) continue;
    mix(static_cast<std::int64_t>(tensor->dtype()));
    mix(tensor->rank());
    for (const std::int64_t extent : tensor->dims()) mix(extent);
  }
  return hash;
}

struct Context::State {
  /// A plan that is kept, under the hash of its shapes.
  struct Kept {
    std::unique_ptr<PlanRunner> runner;
    std::size_t hash = 0;
    std::size_t bytes = 0;
  };

  Kept& find_or_plan(const PreparedGraph& prepared, std::span<const Datum> data);
  std::unique_ptr<PlanRunner> make_runner(const PreparedGraph& prepared,
                                          std::span<const Datum> data) const;
  void measure(Kept& kept);
  void keep_within(std::size_t most_bytes);

  std::list<Kept> plans;  // The most recently used one first.
  std::unordered_multimap<std::size_t, std::list<Kept>::iterator> by_hash;
  std::size_t plan_bytes = 0;  // Of all of them.
  PlanRunner::Surroundings surroundings;
  std::vector<const Datum*> inputs;
  std::vector<Datum> delivered;  // Outputs, some of them in the caller's memory.
};

Context::State::Kept& Context::State::find_or_plan(const PreparedGraph& prepared,
                                                   std::span<const Datum> data) {
  const std::size_t hash = shape_hash(inputs);
  const auto [first, last] = by_hash.equal_range(hash);
  const auto found = std::find_if(
      first, last, [&](const auto& entry) { return entry.second->runner->fits(inputs); });
  if (found != last) {
    plans.splice(plans.begin(), plans, found->second);
    return plans.front();
  }
  plans.push_front({make_runner(prepared, data), hash});
  by_hash.emplace(hash, plans.begin());
  return plans.front();
}

std::unique_ptr<PlanRunner> Context::State::make_runner(const PreparedGraph& prepared,
                                                        std::span<const Datum> data) const {
  const Graph& graph = prepared.graph();
  std::map<std::string, std::pair<std::int64_t, std::string>> symbols;
  std::vector<PlanInput> plan_inputs;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const Value* input = graph.inputs()[i];
    check_input(*input, data[i], symbols);
    const auto* tensor = std::get_if<Tensor>(&data[i]);
    plan_inputs.push_back({input, tensor == nullptr ? input->type() : tensor->type()});
  }
  return std::make_unique<PlanRunner>(prepared, graph, std::move(plan_inputs),
                                      NodesLeft{.rest = prepared.needed_of(graph).nodes}, 0);
}

void Context::State::measure(Kept& kept) {
  plan_bytes -= kept.bytes;
  kept.bytes = kept.runner->bytes();
  plan_bytes += kept.bytes;
}

// The one in front is in use.
void Context::State::keep_within(std::size_t most_bytes) {
  while (plans.size() > 1 && plan_bytes + surroundings.arena.bytes() > most_bytes) {
    const auto oldest = std::prev(plans.end());
    const auto [first, last] = by_hash.equal_range(oldest->hash);
    by_hash.erase(
        std::find_if(first, last, [&](const auto& entry) { return entry.second == oldest; }));
    plan_bytes -= oldest->bytes;
    plans.erase(oldest);
  }
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
  State& state = *state_;
  const std::int64_t plans_before = state.surroundings.plans;
  const std::int64_t growths_before = state.surroundings.arena.growths();
  State::Kept& kept = state.find_or_plan(prepared, inputs);
  // States are written over when nothing reads them any more, not where a step makes them.
  const bool has_states = !prepared.options().updates.empty();
  const auto outputs =
      kept.runner->run(state.inputs, has_states ? std::span<Tensor>() : memory, state.surroundings);
  if (state.surroundings.plans != plans_before || kept.bytes == 0) {
    state.measure(kept);
    state.keep_within(prepared.options().most_plan_bytes);
  }
  if (state.surroundings.arena.growths() != growths_before) {
    for (const State::Kept& other : state.plans) {
      if (&other != &kept) other.runner->release_memory();
    }
  }
  if (has_states) {
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
  for (const State::Kept& kept : state_->plans) kept.runner->append_profile(profile);
  return profile;
}

std::size_t Context::plan_bytes() const {
  return state_->plan_bytes + state_->surroundings.arena.bytes();
}

}  // namespace gatefold
