#include "backend/stage.h"

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
  const auto& wanted = executable_.graph().outputs();
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const Slot& slot = slots_.at(wanted[i].value);
    if (slot.root != Root::kInput) continue;
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
  for (Step& step : steps_) {
    const Buffers buffers{&pointers_[step.first_input], &pointers_[step.first_output],
                          pointers_[step.scratch]};
    if (!profiling) {
      step.kernel->run(buffers);
      continue;
    }
    const double start = now();
    step.kernel->run(buffers);
    step.seconds += now() - start;
    ++step.runs;
  }
}

Datum Stage::datum_of(const Value* value, std::span<const Datum* const> inputs) const {
  const Slot& slot = slots_.at(value);
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

std::span<const Datum> Stage::run_following(std::span<const Datum* const> inputs, bool profiling) {
  std::unordered_map<const Value*, Datum> made;
  for (Step& pivot : pivots_) {
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
    evaluate_node(node, pointers, results, Precision::kNative, {});
    if (profiling) {
      pivot.seconds += now() - start;
      ++pivot.runs;
    }
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (node.output(i) != nullptr) made[node.output(i)] = std::move(results[i]);
    }
  }

  std::vector<Datum> data;
  for (const Value* value : handed_over_) {
    const auto found = made.find(value);
    data.push_back(found == made.end() ? datum_of(value, inputs) : std::move(found->second));
  }
  std::vector<const Datum*> pointers;
  for (const Datum& datum : data) pointers.push_back(&datum);

  auto stage = std::find_if(following_.begin(), following_.end(),
                            [&](const auto& candidate) { return candidate->fits(pointers); });
  if (stage == following_.end()) {
    std::vector<StageInput> stage_inputs;
    for (std::size_t i = 0; i < handed_over_.size(); ++i) {
      const auto slot = slots_.find(handed_over_[i]);
      const auto* tensor = std::get_if<Tensor>(&data[i]);
      stage_inputs.push_back({handed_over_[i],
                              tensor == nullptr ? handed_over_[i]->type() : tensor->type(),
                              slot == slots_.end() ? Tensor() : slot->second.known});
    }
    if (following_.size() >= kMostPlans) following_.erase(following_.begin());
    following_.push_back(std::make_unique<Stage>(executable_, std::move(stage_inputs), deferred_));
    stage = following_.end() - 1;
  }
  outputs_.clear();
  for (const Datum& datum : (*stage)->run(pointers, profiling)) outputs_.push_back(datum);
  return outputs_;
}

void Stage::append_profile(std::vector<StepProfile>& profile) const {
  for (const Step& step : steps_) {
    profile.push_back({step.node, step.kernel->implementation(), step.seconds, step.runs});
  }
  for (const Step& pivot : pivots_) {
    profile.push_back({pivot.node, "evaluate", pivot.seconds, pivot.runs});
  }
  for (const auto& stage : following_) stage->append_profile(profile);
}

}  // namespace gatefold
