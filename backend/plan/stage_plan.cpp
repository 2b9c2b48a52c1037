#include <algorithm>
#include <limits>

#include "backend/kernels.h"
#include "backend/kernels/chain.h"
#include "backend/kernels/recurrent/recurrent_stack.h"
#include "backend/plan/chain_plan.h"
#include "backend/plan/layout_plan.h"
#include "backend/plan/stack_plan.h"
#include "backend/plan/stage.h"
#include "backend/plan/views.h"
#include "ir/evaluate.h"
#include "ir/index.h"
#include "ir/infer.h"
#include "ir/op_def.h"

namespace gatefold {
namespace {

/// The first step of a buffer that none writes: its value stays in a chain's registers, or has been
/// given other memory.
constexpr auto kUnwritten = std::numeric_limits<std::size_t>::max();

bool has_static_types(const KernelRequest& request) {
  for (std::size_t i = 0; i < request.outputs.size(); ++i) {
    if (request.node.output(i) != nullptr && !request.outputs[i].is_static()) return false;
  }
  return std::all_of(request.inputs.begin(), request.inputs.end(),
                     [](const Type* type) { return type == nullptr || type->is_tensor(); });
}

/// What a step is made of. `last_uses` is that of the request where the group is one node.
native::KernelWithValues make_step(const StepGroup& group, std::vector<bool> last_uses) {
  if (group.size() > 1) {
    std::vector<const KernelRequest*> members;
    for (const StepDraft* draft : group) members.push_back(&draft->request);
    return native::is_stack_layer(*members.front()) ? native::make_recurrent_stack(members)
                                                    : native::make_chain(members);
  }
  KernelRequest request = group.front()->request;
  request.last_uses = std::move(last_uses);
  native::KernelWithValues step{make_kernel(request), {}, {}};
  for (const Value* value : request.node.inputs()) step.inputs.push_back(value);
  for (std::size_t i = 0; i < request.node.output_count(); ++i) {
    step.outputs.push_back(request.node.output(i));
  }
  return step;
}

}  // namespace

Stage::Stage(const Executable& executable, const Graph& graph, std::vector<StageInput> inputs,
             const std::vector<const Node*>& nodes)
    : executable_(executable), graph_(graph), inputs_(std::move(inputs)) {
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const StageInput& input = inputs_[i];
    const Root root = input.known.is_defined() ? Root::kKnown : Root::kInput;
    slots_[input.value] = {.type = input.type, .known = input.known, .root = root, .index = i};
  }
  std::deque<StepDraft> drafts;
  for (const Node* node : nodes) {
    if (is_ready(*node)) {
      plan_node(*node, drafts);
    } else {
      deferred_.push_back(node);
    }
  }
  plan_layouts(drafts, slots_);
  std::vector<StepGroup> groups = group_chains(drafts);
  join_stacks(slots_, groups);
  plan_updates(groups);
  last_buffer_reads_ = last_reads(groups, Root::kBuffer, buffers_.size());
  for (const StepGroup& group : groups) add_step(group);
  if (pivots_.empty()) {
    for (const Graph::Output& output : graph_.outputs()) keep(output.value);
  } else {
    keep_what_follows();
  }
  lay_out();
  if (pivots_.empty()) prepare_outputs();
}

std::vector<const Value*> Stage::reads(const Node& node) const {
  std::vector<const Value*> values;
  for (const Value* value : node.inputs()) {
    if (value != nullptr) values.push_back(value);
  }
  for (const Value* value : executable_.captured(node)) values.push_back(value);
  return values;
}

bool Stage::is_ready(const Node& node) const {
  const auto values = reads(node);
  return std::all_of(values.begin(), values.end(), [&](const Value* value) {
    return slots_.count(value) > 0 || executable_.known(value) != nullptr;
  });
}

Slot& Stage::slot_of(const Value* value) {
  const auto found = slots_.find(value);
  if (found != slots_.end()) return found->second;
  add_known(value, *executable_.known(value));
  return slots_[value];
}

void Stage::add_known(const Value* value, const Tensor& numbers) {
  slots_[value] = {.type = numbers.type(), .known = numbers};
}

void Stage::plan_node(const Node& node, std::deque<StepDraft>& drafts) {
  if (!node.sub_graphs().empty()) return pivots_.push_back({.node = &node});
  std::vector<const Type*> types;
  std::vector<const Tensor*> constants;
  for (const Value* value : node.inputs()) {
    const Slot* slot = value == nullptr ? nullptr : &slot_of(value);
    types.push_back(slot == nullptr ? nullptr : &slot->type);
    constants.push_back(slot != nullptr && slot->known.is_defined() ? &slot->known : nullptr);
  }
  std::vector<Type> outputs = infer_node(node, types, constants, {}, {});
  StepDraft& draft =
      drafts.emplace_back(node, std::move(types), std::move(constants), std::move(outputs),
                          executable_.options().threads, executable_.packed());
  draft.request.products = executable_.options().products;
  const bool is_done = evaluate_now(draft.request);
  if (is_done || !has_static_types(draft.request)) {
    if (!is_done) pivots_.push_back({.node = &node});
    drafts.pop_back();
    return;
  }
  draft.is_view = add_views(draft.request);
  if (!draft.is_view) add_buffers(draft.request);
}

bool Stage::evaluate_now(const KernelRequest& request) {
  const Node& node = request.node;
  if (node.op().is_random || !node.sub_graphs().empty()) return false;
  std::vector<Datum> inputs(request.inputs.size());
  std::vector<const Datum*> pointers(request.inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (request.inputs[i] == nullptr) continue;
    if (request.constants[i] != nullptr) {
      inputs[i] = *request.constants[i];
    } else if (node.op().reads_only_shapes && request.inputs[i]->is_static()) {
      inputs[i] = Tensor::view(request.dtype(i), request.input_dims(i), nullptr);
    } else {
      return false;
    }
    pointers[i] = &inputs[i];
  }
  std::vector<Datum> outputs(node.output_count());
  evaluate_node(node, pointers, outputs, Precision::kNative, {});
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (node.output(i) == nullptr) continue;
    const auto* tensor = std::get_if<Tensor>(&outputs[i]);
    if (tensor == nullptr) return false;
    add_known(node.output(i), *tensor);
  }
  return true;
}

bool Stage::add_views(const KernelRequest& request) {
  const Node& node = request.node;
  // A part of known memory stays a step: constants have no slot memory to point into.
  if (!can_be_view(node.op()) || slots_.at(node.input(0)).root == Root::kKnown) return false;
  const Dims strides = strides_of(request.input_dims(0));
  std::vector<std::pair<const Value*, Slot>> views;
  for (std::size_t i = 0; i < node.output_count(); ++i) {
    if (node.output(i) == nullptr) continue;
    const auto view = view_of(request, i, strides);
    if (!view || !is_dense(request.output_dims(i), view->strides)) return false;
    views.emplace_back(node.output(i),
                       slot_in(slots_.at(node.input(0)), *view, request.outputs[i]));
  }
  for (auto& [value, slot] : views) slots_[value] = std::move(slot);
  return true;
}

std::size_t Stage::add_pointer(const Value* value) {
  if (value != nullptr) {
    const Slot& slot = slots_.at(value);
    if (slot.root == Root::kBuffer) buffers_[slot.index].last_step = steps_.size();
  }
  pointers_.push_back(nullptr);
  pointer_values_.push_back(value);
  return pointers_.size() - 1;
}

void Stage::add_buffers(const KernelRequest& request) {
  for (std::size_t i = 0; i < request.outputs.size(); ++i) {
    const Value* value = request.node.output(i);
    if (value == nullptr) continue;
    const Type& type = request.outputs[i];
    slots_[value] = {.type = type, .known = {}, .root = Root::kBuffer, .index = buffers_.size()};
    buffers_.push_back(
        {.bytes = element_count(type.dims()) * size_of(type.dtype), .first_step = kUnwritten});
  }
}

void Stage::add_step(const StepGroup& group) {
  native::KernelWithValues parts = make_step(group, last_uses(group.front()->request.node));
  write_over_states(parts);
  find_overwrites(parts);
  Step step{.nodes = {}, .kernel = std::move(parts.kernel)};
  for (const StepDraft* draft : group) step.nodes.push_back(&draft->request.node);
  step.first_input = pointers_.size();
  for (const Value* value : parts.inputs) add_pointer(value);
  step.first_output = pointers_.size();
  for (const Value* value : parts.outputs) {
    if (value != nullptr && slots_.at(value).root == Root::kBuffer) {
      std::size_t& first_step = buffers_[slots_.at(value).index].first_step;
      first_step = std::min(first_step, steps_.size());
    }
    add_pointer(value);
  }
  step.scratch = add_pointer(nullptr);
  if (const std::size_t bytes = step.kernel->scratch_bytes(); bytes > 0) {
    scratch_buffers_.emplace_back(step.scratch, buffers_.size());
    buffers_.push_back({bytes, steps_.size(), steps_.size()});
  }
  steps_.push_back(std::move(step));
}

void Stage::keep(const Value* value) {
  const Slot& slot = slot_of(value);
  if (slot.root == Root::kBuffer) buffers_[slot.index].last_step = steps_.size();
}

void Stage::keep_what_follows() {
  std::unordered_map<const Value*, bool> made_by_pivot;
  for (const Pivot& pivot : pivots_) {
    for (const Value* value : reads(*pivot.node)) keep(value);
    for (std::size_t i = 0; i < pivot.node->output_count(); ++i) {
      if (pivot.node->output(i) == nullptr) continue;
      made_by_pivot[pivot.node->output(i)] = true;
      handed_over_.push_back(pivot.node->output(i));
    }
  }
  const auto hand_over = [&](const Value* value) {
    if (made_by_pivot.count(value) > 0) return;
    if (slots_.count(value) == 0 && executable_.known(value) == nullptr) return;
    if (std::find(handed_over_.begin(), handed_over_.end(), value) != handed_over_.end()) return;
    keep(value);
    handed_over_.push_back(value);
  };
  for (const Node* node : deferred_) {
    for (const Value* value : reads(*node)) hand_over(value);
  }
  for (const Graph::Output& output : graph_.outputs()) hand_over(output.value);
}

void Stage::lay_out() {
  for (ArenaRequest& buffer : buffers_) {
    if (buffer.first_step == kUnwritten) buffer = {};
  }
  const std::vector<std::size_t> home = join_buffers();
  layout_ = plan_arena(buffers_);
  for (std::size_t i = 0; i < home.size(); ++i) layout_.offsets[i] = layout_.offsets[home[i]];
  arena_ = Tensor(DataType::kUint8, {static_cast<std::int64_t>(layout_.bytes)});
  for (std::size_t i = 0; i < pointers_.size(); ++i) {
    if (pointer_values_[i] == nullptr) continue;
    const Slot& slot = slots_.at(pointer_values_[i]);
    if (slot.root == Root::kKnown) {
      pointers_[i] = const_cast<std::byte*>(slot.known.raw());
    } else if (slot.root == Root::kBuffer) {
      pointers_[i] = arena_.raw() + layout_.offsets[slot.index] + slot.offset;
    } else {
      input_pointers_.push_back({i, slot.index, slot.offset});
    }
  }
  for (const auto& [pointer, buffer] : scratch_buffers_) {
    pointers_[pointer] = arena_.raw() + layout_.offsets[buffer];
  }
}

void Stage::prepare_outputs() {
  for (const Graph::Output& output : graph_.outputs()) {
    const Slot& slot = slots_.at(output.value);
    if (slot.root == Root::kKnown) {
      outputs_.emplace_back(slot.known);
    } else if (slot.root == Root::kInput && updated_.count(output.value) > 0) {
      outputs_.emplace_back();
    } else if (slot.root == Root::kInput) {
      outputs_.push_back(slot.type.is_tensor() ? Datum(Tensor(slot.type.dtype, slot.type.dims()))
                                               : Datum());
    } else {
      outputs_.emplace_back(arena_.part(layout_.offsets[slot.index] + slot.offset, slot.type.dtype,
                                        slot.type.dims()));
    }
  }
}

}  // namespace gatefold
