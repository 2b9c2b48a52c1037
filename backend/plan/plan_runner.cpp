#include "backend/plan/plan_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <utility>

#include "backend/kernels.h"
#include "ir/evaluate.h"
#include "ir/op_def.h"

namespace gatefold {
namespace {

// Plans for different shapes that one place keeps; the oldest goes when there are more.
constexpr std::size_t kMostPlans = 32;

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// The operators of a step, as "Mul+Add+Tanh".
std::string label_of(std::span<const Node* const> nodes) {
  constexpr std::size_t kMostNames = 4;
  std::string label;
  for (std::size_t i = 0; i < std::min(nodes.size(), kMostNames); ++i) {
    if (i > 0) label += '+';
    label += nodes[i]->op().name;
  }
  if (nodes.size() > kMostNames) label += fmt::format("+{} more", nodes.size() - kMostNames);
  return label;
}

std::vector<const Datum*> pointers_to(const std::vector<Datum>& data) {
  std::vector<const Datum*> pointers;
  for (const Datum& datum : data) pointers.push_back(&datum);
  return pointers;
}

}  // namespace

bool are_finite(std::span<const Datum> outputs, const std::vector<std::size_t>& checks) {
  return std::all_of(checks.begin(), checks.end(), [&](std::size_t check) {
    const auto& tensor = std::get<Tensor>(outputs[check]);
    for (std::int64_t i = 0; i < tensor.size(); ++i) {
      if (!std::isfinite(tensor.number_at(i))) return false;
    }
    return true;
  });
}

PlanRunner::PlanRunner(const PreparedGraph& prepared, const Graph& graph,
                       std::vector<PlanInput> inputs, const NodesLeft& nodes, std::size_t depth)
    : plan_(make_plan(prepared, graph, std::move(inputs), nodes)),
      depth_(depth),
      pointers_(plan_->pointers.size()),
      step_times_(plan_->steps.size()),
      pivot_times_(plan_->pivots.size()) {
  for (std::size_t i = 0; i < pointers_.size(); ++i) {
    const PlanPointer& pointer = plan_->pointers[i];
    if (pointer.root == Root::kInput) given_.push_back(i);
    if (pointer.output != PlanPointer::kNone) movable_.push_back(i);
    if (pointer.root == Root::kKnown && pointer.value != nullptr) {
      pointers_[i] = const_cast<std::byte*>(plan_->slots.at(pointer.value).known.raw());
    }
  }
}

std::span<const Datum> PlanRunner::run(std::span<const Datum* const> inputs,
                                       std::span<Tensor> memory, Surroundings& surroundings) {
  place_buffers(surroundings.arena.block(depth_, plan_->arena_bytes));
  if (plan_->pivots.empty()) place_outputs(memory);
  run_steps(inputs, surroundings.profiling);
  if (!plan_->pivots.empty()) return run_following(inputs, memory, surroundings);
  deliver_inputs(inputs);
  return outputs_;
}

/// Points at the arena, where that is another one than in the run before.
void PlanRunner::place_buffers(Tensor& arena) {
  if (arena_.is_defined() && arena_.raw() == arena.raw()) return;
  arena_ = arena;
  for (std::size_t i = 0; i < pointers_.size(); ++i) {
    const PlanPointer& pointer = plan_->pointers[i];
    if (pointer.root == Root::kBuffer) pointers_[i] = arena_.raw() + pointer.offset;
  }
  if (plan_->pivots.empty()) prepare_outputs();
}

/// Points at the caller's memory for those outputs that are written where nothing else lies.
void PlanRunner::place_outputs(std::span<Tensor> memory) {
  for (const std::size_t number : movable_) {
    const PlanPointer& pointer = plan_->pointers[number];
    const Slot& slot = plan_->slots.at(plan_->graph.outputs()[pointer.output].value);
    Tensor* wanted = pointer.output < memory.size() ? &memory[pointer.output] : nullptr;
    const bool fits = wanted != nullptr && wanted->is_defined() && is_of_type(*wanted, slot.type);
    std::byte* place = fits ? wanted->raw() + pointer.output_offset : arena_.raw() + pointer.offset;
    if (pointers_[number] == place) continue;
    pointers_[number] = place;
    if (fits) {
      outputs_[pointer.output] = *wanted;
    } else {
      outputs_[pointer.output] = arena_.part(slot.offset, slot.type.dtype, slot.type.dims());
    }
  }
}

void PlanRunner::prepare_outputs() {
  outputs_.clear();
  for (const Graph::Output& output : plan_->graph.outputs()) {
    const Slot& slot = plan_->slots.at(output.value);
    if (slot.root == Root::kKnown) {
      outputs_.emplace_back(slot.known);
    } else if (slot.root == Root::kInput && plan_->updated.contains(output.value)) {
      outputs_.emplace_back();
    } else if (slot.root == Root::kInput) {
      outputs_.push_back(slot.type.is_tensor() ? Datum(Tensor(slot.type.dtype, slot.type.dims()))
                                               : Datum());
    } else {
      outputs_.emplace_back(arena_.part(slot.offset, slot.type.dtype, slot.type.dims()));
    }
  }
}

/// Copies outputs that are inputs.
void PlanRunner::deliver_inputs(std::span<const Datum* const> inputs) {
  const auto& wanted = plan_->graph.outputs();
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const Slot& slot = plan_->slots.at(wanted[i].value);
    if (slot.root != Root::kInput || plan_->updated.contains(wanted[i].value)) continue;
    if (auto* copy = std::get_if<Tensor>(&outputs_[i])) {
      const auto& source = std::get<Tensor>(*inputs[slot.index]);
      std::memcpy(copy->raw(), source.raw() + slot.offset, copy->bytes());
    } else {
      outputs_[i] = *inputs[slot.index];
    }
  }
}

void PlanRunner::run_steps(std::span<const Datum* const> inputs, bool profiling) {
  for (const std::size_t number : given_) {
    const PlanPointer& pointer = plan_->pointers[number];
    const auto& tensor = std::get<Tensor>(*inputs[pointer.index]);
    pointers_[number] = const_cast<std::byte*>(tensor.raw()) + pointer.offset;
  }
  run_steps(0, plan_->first_update, profiling);
  if (plan_->first_update < plan_->steps.size() &&
      are_finite(outputs_, plan_->prepared.options().checks)) {
    run_steps(plan_->first_update, plan_->steps.size(), profiling);
  }
}

void PlanRunner::run_steps(std::size_t first, std::size_t last, bool profiling) {
  for (std::size_t i = first; i < last; ++i) {
    const PlanStep& step = plan_->steps[i];
    const Buffers buffers{&pointers_[step.first_input], &pointers_[step.first_output],
                          pointers_[step.scratch]};
    if (!profiling) {
      step.kernel->run(buffers);
      continue;
    }
    const double start = now();
    step.kernel->run(buffers);
    step_times_[i].add(now() - start);
  }
}

Datum PlanRunner::datum_of(const Value* value, std::span<const Datum* const> inputs) const {
  const Slot& slot = plan_->slots.at(value);
  if (slot.root == Root::kKnown) return slot.known;
  if (slot.root == Root::kInput) {
    const auto* source = std::get_if<Tensor>(inputs[slot.index]);
    if (source == nullptr) return *inputs[slot.index];
    return Tensor::view(slot.type.dtype, slot.type.dims(),
                        const_cast<std::byte*>(source->raw()) + slot.offset);
  }
  auto* memory = const_cast<std::byte*>(arena_.raw());
  return Tensor::view(slot.type.dtype, slot.type.dims(), memory + slot.offset);
}

void PlanRunner::run_pivot(std::size_t pivot, std::span<const Datum* const> inputs,
                           Surroundings& surroundings) {
  const Node& node = *plan_->pivots[pivot];
  std::vector<Datum> arguments(node.input_count());
  std::vector<const Datum*> pointers(node.input_count());
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    if (node.input(i) == nullptr) continue;
    arguments[i] = datum_of(node.input(i), inputs);
    pointers[i] = &arguments[i];
  }
  std::vector<Datum> results(node.output_count());
  const double start = now();
  evaluate_node(node, pointers, results, Precision::kNative,
                [&](const Graph& body, std::vector<Datum> body_arguments) {
                  return run_body(node, body, std::move(body_arguments), inputs, surroundings);
                });
  if (surroundings.profiling) pivot_times_[pivot].add(now() - start);
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (node.output(i) != nullptr) made_[node.output(i)] = std::move(results[i]);
  }
}

std::vector<Datum> PlanRunner::run_body(const Node& node, const Graph& body,
                                        std::vector<Datum> arguments,
                                        std::span<const Datum* const> inputs,
                                        Surroundings& surroundings) {
  std::vector<const Value*> values(body.inputs().begin(), body.inputs().end());
  std::vector<Datum> data = std::move(arguments);
  for (const Value* value : plan_->prepared.captured(node)) {
    values.push_back(value);
    data.push_back(datum_of(value, inputs));
  }
  const std::vector<const Datum*> pointers = pointers_to(data);
  PlanRunner& runner = runner_for(bodies_[&body], body, values, pointers,
                                  {.rest = plan_->prepared.needed_of(body).nodes}, surroundings);
  std::vector<Datum> results;
  for (const Datum& datum : runner.run(pointers, {}, surroundings)) {
    const auto* tensor = std::get_if<Tensor>(&datum);
    results.push_back(tensor == nullptr ? datum : tensor->clone());
  }
  return results;
}

PlanRunner& PlanRunner::runner_for(Runners& runners, const Graph& graph,
                                   std::span<const Value* const> values,
                                   std::span<const Datum* const> data, const NodesLeft& nodes,
                                   Surroundings& surroundings) {
  const auto found = std::find_if(runners.begin(), runners.end(),
                                  [&](const auto& runner) { return runner->fits(data); });
  if (found != runners.end()) return **found;
  std::vector<PlanInput> inputs;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Slot* slot = plan_->slots.find(values[i]);
    const auto* tensor = std::get_if<Tensor>(data[i]);
    inputs.push_back({values[i], tensor == nullptr ? values[i]->type() : tensor->type(),
                      slot == nullptr ? Tensor() : slot->known});
  }
  ++surroundings.plans;
  if (runners.size() >= kMostPlans) runners.erase(runners.begin());
  runners.push_back(
      std::make_unique<PlanRunner>(plan_->prepared, graph, std::move(inputs), nodes, depth_ + 1));
  return *runners.back();
}

std::span<const Datum> PlanRunner::run_following(std::span<const Datum* const> inputs,
                                                 std::span<Tensor> memory,
                                                 Surroundings& surroundings) {
  made_.clear();
  for (std::size_t i = 0; i < plan_->pivots.size(); ++i) run_pivot(i, inputs, surroundings);
  std::vector<Datum> data;
  for (const Value* value : plan_->handed_over) {
    const auto found = made_.find(value);
    data.push_back(found == made_.end() ? datum_of(value, inputs) : found->second);
  }
  const std::vector<const Datum*> pointers = pointers_to(data);
  PlanRunner& runner = runner_for(following_, plan_->graph, plan_->handed_over, pointers,
                                  plan_->deferred, surroundings);
  const auto delivered = runner.run(pointers, memory, surroundings);
  outputs_.assign(delivered.begin(), delivered.end());
  return outputs_;
}

void PlanRunner::release_memory() {
  arena_ = {};
  outputs_.clear();
  made_.clear();
  for (const auto& runner : following_) runner->release_memory();
  for (const auto& [graph, runners] : bodies_) {
    for (const auto& runner : runners) runner->release_memory();
  }
}

std::size_t PlanRunner::bytes() const {
  std::size_t sum = plan_->bytes();
  for (const auto& runner : following_) sum += runner->bytes();
  for (const auto& [graph, runners] : bodies_) {
    for (const auto& runner : runners) sum += runner->bytes();
  }
  return sum;
}

StepProfile PlanRunner::profile_of(std::size_t number) const {
  const PlanStep& step = plan_->steps[number];
  StepProfile profile{label_of(step.nodes), step.kernel->implementation(), step_times_[number]};
  profile.lacks_kernel =
      profile.implementation == kEvaluated && is_arithmetic(step.nodes.front()->op());
  for (const Node* node : step.nodes) {
    TypedNode& typed = profile.nodes.emplace_back(TypedNode{node, {}, {}});
    for (const Value* value : node->inputs()) typed.inputs.push_back(plan_->type_of(value));
    for (std::size_t i = 0; i < node->output_count(); ++i) {
      typed.outputs.push_back(plan_->type_of(node->output(i)));
    }
  }
  for (std::size_t i = step.first_input; i < step.scratch; ++i) {
    auto& types = i < step.first_output ? profile.reads : profile.writes;
    const Value* value = plan_->pointers[i].value;
    if (value != nullptr) types.push_back(plan_->type_of(value));
  }
  return profile;
}

void PlanRunner::append_profile(std::vector<StepProfile>& profile) const {
  for (std::size_t i = 0; i < plan_->steps.size(); ++i) profile.push_back(profile_of(i));
  for (std::size_t i = 0; i < plan_->pivots.size(); ++i) {
    const OpDef& op = plan_->pivots[i]->op();
    profile.push_back(
        {std::string(op.name), std::string(kEvaluated), pivot_times_[i], is_arithmetic(op)});
  }
  for (const auto& [graph, runners] : bodies_) {
    for (const auto& runner : runners) runner->append_profile(profile);
  }
  for (const auto& runner : following_) runner->append_profile(profile);
}

}  // namespace gatefold
