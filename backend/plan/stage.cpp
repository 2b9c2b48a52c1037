#include "backend/plan/stage.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "ir/evaluate.h"
#include "ir/op_def.h"

namespace gatefold {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// The operators of a step, as "Mul+Add+Tanh".
std::string label_of(const std::vector<const Node*>& nodes) {
  constexpr std::size_t kMostNames = 4;
  std::string label;
  for (std::size_t i = 0; i < std::min(nodes.size(), kMostNames); ++i) {
    label += (i == 0 ? "" : "+") + std::string(nodes[i]->op().name);
  }
  if (nodes.size() > kMostNames) label += fmt::format("+{} more", nodes.size() - kMostNames);
  return label;
}

}  // namespace

bool Stage::fits(std::span<const Datum* const> inputs) const {
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const auto* tensor = std::get_if<Tensor>(inputs[i]);
    if (tensor == nullptr) continue;
    const Shape& shape = *inputs_[i].type.shape;
    if (tensor->dtype() != inputs_[i].type.dtype || tensor->dims().size() != shape.size() ||
        !std::equal(shape.begin(), shape.end(), tensor->dims().begin(),
                    [](const Dim& dim, std::int64_t size) { return dim.is(size); })) {
      return false;
    }
  }
  return true;
}

std::span<const Datum> Stage::run(std::span<const Datum* const> inputs, bool profiling) {
  run_steps(inputs, profiling);
  if (!pivots_.empty()) return run_following(inputs, profiling);
  const auto& wanted = graph_.outputs();
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const Slot& slot = slots_.at(wanted[i].value);
    if (slot.root != Root::kInput || updated_.count(wanted[i].value) > 0) continue;
    if (auto* copy = std::get_if<Tensor>(&outputs_[i])) {
      const auto& source = std::get<Tensor>(*inputs[slot.index]);
      std::memcpy(copy->raw(), source.raw() + slot.offset, copy->bytes());
    } else {
      outputs_[i] = *inputs[slot.index];
    }
  }
  return outputs_;
}

void Stage::run_steps(std::span<const Datum* const> inputs, bool profiling) {
  for (const InputPointer& entry : input_pointers_) {
    const auto& tensor = std::get<Tensor>(*inputs[entry.input]);
    pointers_[entry.pointer] = const_cast<std::byte*>(tensor.raw()) + entry.offset;
  }
  run_steps(0, first_update_, profiling);
  if (first_update_ < steps_.size() && are_finite(outputs_, executable_.options().checks)) {
    run_steps(first_update_, steps_.size(), profiling);
  }
}

void Stage::run_steps(std::size_t first, std::size_t last, bool profiling) {
  for (Step& step : std::span(steps_).subspan(first, last - first)) {
    const Buffers buffers{&pointers_[step.first_input], &pointers_[step.first_output],
                          pointers_[step.scratch]};
    if (!profiling) {
      step.kernel->run(buffers);
      continue;
    }
    const double start = now();
    step.kernel->run(buffers);
    step.time.add(now() - start);
  }
}

Datum Stage::datum_of(const Value* value, std::span<const Datum* const> inputs) const {
  const auto planned = slots_.find(value);
  if (planned == slots_.end()) return *executable_.known(value);
  const Slot& slot = planned->second;
  if (slot.root == Root::kKnown) return slot.known;
  if (slot.root == Root::kInput) {
    const auto* source = std::get_if<Tensor>(inputs[slot.index]);
    if (source == nullptr) return *inputs[slot.index];
    return Tensor::view(slot.type.dtype, slot.type.dims(),
                        const_cast<std::byte*>(source->raw()) + slot.offset);
  }
  auto* memory = const_cast<std::byte*>(arena_.raw());
  return Tensor::view(slot.type.dtype, slot.type.dims(),
                      memory + layout_.offsets[slot.index] + slot.offset);
}

void Stage::run_pivot(Pivot& pivot, std::span<const Datum* const> inputs, bool profiling) {
  const Node& node = *pivot.node;
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
                  return run_body(node, body, std::move(body_arguments), inputs, profiling);
                });
  if (profiling) pivot.time.add(now() - start);
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (node.output(i) != nullptr) made_[node.output(i)] = std::move(results[i]);
  }
}

std::vector<Datum> Stage::run_body(const Node& node, const Graph& body,
                                   std::vector<Datum> arguments,
                                   std::span<const Datum* const> inputs, bool profiling) {
  std::vector<const Value*> values(body.inputs().begin(), body.inputs().end());
  std::vector<Datum> data = std::move(arguments);
  for (const Value* value : executable_.captured(node)) {
    values.push_back(value);
    data.push_back(datum_of(value, inputs));
  }
  std::vector<const Datum*> pointers;
  for (const Datum& datum : data) pointers.push_back(&datum);
  Stage& stage = stage_for(bodies_[&body], body, values, pointers, executable_.nodes_of(body));
  std::vector<Datum> results;
  for (const Datum& datum : stage.run(pointers, profiling)) {
    const auto* tensor = std::get_if<Tensor>(&datum);
    results.push_back(tensor == nullptr ? datum : tensor->clone());
  }
  return results;
}

Stage& Stage::stage_for(Stages& stages, const Graph& graph, std::span<const Value* const> values,
                        std::span<const Datum* const> data, const std::vector<const Node*>& nodes) {
  const auto found = std::find_if(stages.begin(), stages.end(),
                                  [&](const auto& candidate) { return candidate->fits(data); });
  if (found != stages.end()) return **found;
  std::vector<StageInput> inputs;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto slot = slots_.find(values[i]);
    const Tensor* known = slot == slots_.end() ? executable_.known(values[i]) : &slot->second.known;
    const auto* tensor = std::get_if<Tensor>(data[i]);
    inputs.push_back({values[i], tensor == nullptr ? values[i]->type() : tensor->type(),
                      known == nullptr ? Tensor() : *known});
  }
  if (stages.size() >= kMostPlans) stages.erase(stages.begin());
  stages.push_back(std::make_unique<Stage>(executable_, graph, std::move(inputs), nodes));
  return *stages.back();
}

std::span<const Datum> Stage::run_following(std::span<const Datum* const> inputs, bool profiling) {
  made_.clear();
  for (Pivot& pivot : pivots_) run_pivot(pivot, inputs, profiling);
  std::vector<Datum> data;
  for (const Value* value : handed_over_) {
    const auto found = made_.find(value);
    data.push_back(found == made_.end() ? datum_of(value, inputs) : found->second);
  }
  std::vector<const Datum*> pointers;
  for (const Datum& datum : data) pointers.push_back(&datum);
  Stage& stage = stage_for(following_, graph_, handed_over_, pointers, deferred_);
  outputs_.clear();
  for (const Datum& datum : stage.run(pointers, profiling)) outputs_.push_back(datum);
  return outputs_;
}

Type Stage::type_of(const Value* value) const {
  const auto slot = slots_.find(value);
  return slot == slots_.end() ? Type() : slot->second.type;
}

StepProfile Stage::profile_of(const Step& step) const {
  StepProfile profile{label_of(step.nodes), step.kernel->implementation(), step.time};
  for (const Node* node : step.nodes) {
    TypedNode& typed = profile.nodes.emplace_back(TypedNode{node, {}, {}});
    for (const Value* value : node->inputs()) typed.inputs.push_back(type_of(value));
    for (std::size_t i = 0; i < node->output_count(); ++i) {
      typed.outputs.push_back(type_of(node->output(i)));
    }
  }
  for (std::size_t i = step.first_input; i < step.scratch; ++i) {
    auto& types = i < step.first_output ? profile.reads : profile.writes;
    if (pointer_values_[i] != nullptr) types.push_back(type_of(pointer_values_[i]));
  }
  return profile;
}

void Stage::append_profile(std::vector<StepProfile>& profile) const {
  for (const Step& step : steps_) profile.push_back(profile_of(step));
  for (const Pivot& pivot : pivots_) {
    profile.push_back({std::string(pivot.node->op().name), "evaluate", pivot.time});
  }
  for (const auto& [graph, stages] : bodies_) {
    for (const auto& stage : stages) stage->append_profile(profile);
  }
  for (const auto& stage : following_) stage->append_profile(profile);
}

}  // namespace gatefold
