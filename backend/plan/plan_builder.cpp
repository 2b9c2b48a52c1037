#include "backend/plan/plan_builder.h"

#include <algorithm>
#include <limits>

#include "backend/kernels.h"
#include "backend/kernels/chain.h"
#include "backend/kernels/conv_chain.h"
#include "backend/kernels/recurrent/recurrent_stack.h"
#include "backend/placement.h"
#include "backend/plan/fastest.h"
#include "backend/plan/layout_plan.h"
#include "backend/plan/stack_plan.h"
#include "ir/evaluate.h"
#include "ir/index.h"
#include "ir/infer.h"
#include "ir/op_def.h"

namespace gatefold {
namespace {

/// The first step of a buffer that none writes: its value stays in a chain's registers, or has been
/// given other memory.
constexpr auto kUnwritten = std::numeric_limits<std::size_t>::max();

/// How many nodes a plan looks at that wait for its pivots.
constexpr std::size_t kMostDeferred = 32;

bool has_static_types(const KernelRequest& request) {
  for (std::size_t i = 0; i < request.outputs.size(); ++i) {
    if (request.node.output(i) != nullptr && !request.outputs[i].is_static()) return false;
  }
  return std::all_of(request.inputs.begin(), request.inputs.end(),
                     [](const Type* type) { return type == nullptr || type->is_tensor(); });
}

/// Whether a node's outputs follow from what is known of its inputs.
bool can_be_known(const KernelRequest& request) {
  const OpDef& op = request.node.op();
  if (op.is_random) return false;
  for (std::size_t i = 0; i < request.inputs.size(); ++i) {
    if (!request.has_input(i) || request.constants[i] != nullptr) continue;
    if (!op.reads_only_shapes || !request.inputs[i]->is_static()) return false;
  }
  return true;
}

/// What a step is made of. `last_uses` is that of the request where the group is one node.
native::KernelWithValues make_step(const StepGroup& group, InlineVector<bool> last_uses) {
  if (group.size() > 1) {
    InlineVector<const KernelRequest*> members;
    for (const StepDraft* draft : group) members.push_back(&draft->request);
    if (native::is_stack_layer(*members.front())) return native::make_recurrent_stack(members);
    return native::can_lead_chain(*members.front()) ? native::make_conv_chain(members)
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

PlanBuilder::PlanBuilder(const PreparedGraph& prepared, const Graph& graph,
                         std::vector<PlanInput> inputs)
    : plan_(std::make_unique<Plan>(prepared, graph, std::move(inputs))),
      prepared_(prepared),
      graph_(graph),
      slots_(plan_->slots) {}

std::unique_ptr<const Plan> PlanBuilder::build(const NodesLeft& nodes) {
  const TrialScope trials;
  for (std::size_t i = 0; i < plan_->inputs.size(); ++i) {
    const PlanInput& input = plan_->inputs[i];
    const Root root = input.known.is_defined() ? Root::kKnown : Root::kInput;
    slots_.own()[input.value] = {
        .type = input.type, .known = input.known, .root = root, .index = i};
  }
  std::deque<StepDraft> drafts;
  draft(nodes, drafts);
  plan_layouts(drafts, slots_);
  std::vector<StepGroup> groups = group_chains(drafts);
  join_stacks(slots_, groups);
  plan_updates(groups);
  last_buffer_reads_ = last_reads(groups, Root::kBuffer, buffers_.size());
  plan_->steps.reserve(groups.size());
  for (const StepGroup& group : groups) add_step(group);
  if (plan_->pivots.empty()) {
    for (const Graph::Output& output : graph_.outputs()) keep(output.value);
  } else {
    keep_what_follows();
  }
  lay_out();
  return std::move(plan_);
}

// Plans the nodes that are ready, up to where too many are not.
void PlanBuilder::draft(const NodesLeft& nodes, std::deque<StepDraft>& drafts) {
  NodesLeft& deferred = plan_->deferred;
  const auto plan_or_defer = [&](const Node& node) {
    if (is_ready(node)) {
      plan_node(node, drafts);
    } else {
      deferred.first.push_back(&node);
    }
  };
  for (const Node* node : nodes.first) plan_or_defer(*node);
  deferred.rest = nodes.rest;
  while (!deferred.rest.empty() && deferred.first.size() < kMostDeferred) {
    plan_or_defer(*deferred.rest.front());
    deferred.rest = deferred.rest.subspan(1);
  }
}

std::vector<const Value*> PlanBuilder::reads(const Node& node) const {
  std::vector<const Value*> values;
  for (const Value* value : node.inputs()) {
    if (value != nullptr) values.push_back(value);
  }
  for (const Value* value : prepared_.captured(node)) values.push_back(value);
  return values;
}

bool PlanBuilder::is_ready(const Node& node) const {
  // Nodes are in order, so that only what pivots make can be missing.
  if (plan_->pivots.empty()) return true;
  const auto values = reads(node);
  return std::all_of(values.begin(), values.end(),
                     [&](const Value* value) { return slots_.contains(value); });
}

void PlanBuilder::add_known(const Value* value, const Tensor& numbers) {
  slots_.own()[value] = {.type = numbers.type(), .known = numbers};
}

void PlanBuilder::plan_node(const Node& node, std::deque<StepDraft>& drafts) {
  if (!node.sub_graphs().empty()) return plan_->pivots.push_back(&node);
  InlineVector<const Type*> types(node.input_count());
  InlineVector<const Tensor*> constants(node.input_count());
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    if (node.input(i) == nullptr) continue;
    const Slot& slot = slots_.at(node.input(i));
    types[i] = &slot.type;
    if (slot.known.is_defined()) constants[i] = &slot.known;
  }
  std::vector<Type> outputs = infer_outputs(node, types, constants, {}, {});
  StepDraft& draft =
      drafts.emplace_back(node, std::move(types), std::move(constants), std::move(outputs),
                          prepared_.options().threads, prepared_.packed());
  draft.request.products = prepared_.options().products;
  draft.request.reproducible = prepared_.options().reproducible;
  draft.request.kernels = prepared_.options().kernels;
  const bool is_done = can_be_known(draft.request) && evaluate_now(draft.request);
  if (is_done || !has_static_types(draft.request)) {
    if (!is_done) plan_->pivots.push_back(&node);
    drafts.pop_back();
    return;
  }
  draft.is_view = add_views(draft.request);
  if (!draft.is_view) add_buffers(draft.request);
}

bool PlanBuilder::evaluate_now(const KernelRequest& request) {
  const Node& node = request.node;
  std::vector<Datum> inputs(request.inputs.size());
  InlineVector<const Datum*> pointers(request.inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (request.inputs[i] == nullptr) continue;
    inputs[i] = request.constants[i] != nullptr
                    ? *request.constants[i]
                    : Tensor::view(request.dtype(i), request.input_dims(i), nullptr);
    pointers[i] = &inputs[i];
  }
  std::vector<Datum> outputs(node.output_count());
  evaluate_inferred_node(node, pointers, outputs);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (node.output(i) == nullptr) continue;
    const auto* tensor = std::get_if<Tensor>(&outputs[i]);
    if (tensor == nullptr) return false;
    add_known(node.output(i), *tensor);
  }
  return true;
}

bool PlanBuilder::add_views(const KernelRequest& request) {
  const Node& node = request.node;
  // A part of known memory stays a step: constants have no slot memory to point into.
  if (!can_be_view(node.op()) || slots_.at(node.input(0)).root == Root::kKnown) return false;
  const Dims strides = strides_of(request.input_dims(0));
  std::vector<std::pair<const Value*, Slot>> views;
  for (std::size_t i = 0; i < node.output_count(); ++i) {
    if (node.output(i) == nullptr) continue;
    const auto view = view_of(request, i, strides);
    if (!view || !is_dense(request.output_dims(i), view->strides)) return false;
    views.emplace_back(node.output(i), slots_.at(node.input(0)).part(*view, request.outputs[i]));
  }
  for (auto& [value, slot] : views) slots_.own()[value] = std::move(slot);
  return true;
}

std::size_t PlanBuilder::add_pointer(const Value* value) {
  if (value != nullptr) {
    const Slot& slot = slots_.at(value);
    if (slot.root == Root::kBuffer) buffers_[slot.index].last_step = plan_->steps.size();
  }
  plan_->pointers.push_back({.value = value});
  return plan_->pointers.size() - 1;
}

void PlanBuilder::add_buffers(const KernelRequest& request) {
  for (std::size_t i = 0; i < request.outputs.size(); ++i) {
    const Value* value = request.node.output(i);
    if (value == nullptr) continue;
    const Type& type = request.outputs[i];
    slots_.own()[value] = {
        .type = type, .known = {}, .root = Root::kBuffer, .index = buffers_.size()};
    buffers_.push_back(
        {.bytes = element_count(type.dims()) * size_of(type.dtype), .first_step = kUnwritten});
  }
}

void PlanBuilder::add_step(const StepGroup& group) {
  native::KernelWithValues parts = make_step(group, last_uses(group.front()->request.node));
  write_over_states(parts);
  find_overwrites(parts);
  PlanStep step{.nodes = {}, .kernel = std::move(parts.kernel)};
  for (const StepDraft* draft : group) step.nodes.push_back(&draft->request.node);
  step.first_input = plan_->pointers.size();
  for (const Value* value : parts.inputs) add_pointer(value);
  step.first_output = plan_->pointers.size();
  for (std::size_t i = 0; i < parts.outputs.size(); ++i) {
    const Value* value = parts.outputs[i];
    if (value != nullptr && slots_.at(value).root == Root::kBuffer) {
      ArenaRequest& buffer = buffers_[slots_.at(value).index];
      buffer.first_step = std::min(buffer.first_step, plan_->steps.size());
      buffer.bytes = std::max(buffer.bytes, step.kernel->output_bytes(i));
    }
    add_pointer(value);
  }
  step.scratch = add_pointer(nullptr);
  if (const std::size_t bytes = step.kernel->scratch_bytes(); bytes > 0) {
    scratch_buffers_.emplace_back(step.scratch, buffers_.size());
    buffers_.push_back({bytes, plan_->steps.size(), plan_->steps.size()});
  }
  plan_->steps.push_back(std::move(step));
}

void PlanBuilder::keep(const Value* value) {
  const Slot& slot = slots_.at(value);
  if (slot.root == Root::kBuffer) buffers_[slot.index].last_step = plan_->steps.size();
}

void PlanBuilder::keep_what_follows() {
  std::unordered_set<const Value*> handed_over;
  for (const Node* pivot : plan_->pivots) {
    for (const Value* value : reads(*pivot)) keep(value);
    for (std::size_t i = 0; i < pivot->output_count(); ++i) {
      if (pivot->output(i) == nullptr) continue;
      handed_over.insert(pivot->output(i));
      plan_->handed_over.push_back(pivot->output(i));
    }
  }
  const auto hand_over = [&](const Value* value) {
    if (slots_.own().find(value) == nullptr) return;
    if (!handed_over.insert(value).second) return;
    keep(value);
    plan_->handed_over.push_back(value);
  };
  for (const Value* value : read_later()) hand_over(value);
  for (const Graph::Output& output : graph_.outputs()) hand_over(output.value);
}

// What the following plans read of what this one knows.
std::vector<const Value*> PlanBuilder::read_later() const {
  std::vector<const Value*> values;
  for (const Node* node : plan_->deferred.first) {
    for (const Value* value : reads(*node)) values.push_back(value);
  }
  const NeededNodes& needed = prepared_.needed_of(graph_);
  const std::size_t next = needed.nodes.size() - plan_->deferred.rest.size();
  slots_.own().for_each([&](const Value* value, const Slot& /*slot*/) {
    const auto last = needed.last_reads.find(value);
    if (last != needed.last_reads.end() && last->second >= next) values.push_back(value);
  });
  return values;
}

// Which graph output alone lies in each buffer, PlanPointer::kNone where none or several do, or
// where it is handed over.
std::vector<std::size_t> PlanBuilder::outputs_of_buffers(
    const std::vector<std::size_t>& home) const {
  std::vector<std::size_t> outputs(buffers_.size(), PlanPointer::kNone);
  if (!plan_->pivots.empty()) return outputs;
  std::vector<int> deliveries(buffers_.size(), 0);
  for (std::size_t i = 0; i < graph_.outputs().size(); ++i) {
    const Slot& slot = slots_.at(graph_.outputs()[i].value);
    if (slot.root != Root::kBuffer) continue;
    const std::size_t buffer = home[slot.index];
    const bool is_alone = ++deliveries[buffer] == 1 && has_whole_buffer(slot);
    outputs[buffer] = is_alone ? i : PlanPointer::kNone;
  }
  return outputs;
}

void PlanBuilder::lay_out() {
  for (ArenaRequest& buffer : buffers_) {
    if (buffer.first_step == kUnwritten) buffer = {};
  }
  std::vector<std::size_t> sizes;
  for (const ArenaRequest& buffer : buffers_) sizes.push_back(buffer.bytes);
  const std::vector<std::size_t> home = join_buffers();
  ArenaLayout layout = plan_arena(buffers_);
  for (std::size_t i = 0; i < home.size(); ++i) {
    buffers_[i].bytes = sizes[i];
    layout.offsets[i] = layout.offsets[home[i]];
  }
  plan_->arena_bytes = layout.bytes;
  const std::vector<std::size_t> outputs = outputs_of_buffers(home);
  for (PlanPointer& pointer : plan_->pointers) {
    if (pointer.value == nullptr) continue;
    const Slot& slot = slots_.at(pointer.value);
    pointer.root = slot.root;
    pointer.index = slot.index;
    pointer.offset = slot.offset;
    if (slot.root != Root::kBuffer) continue;
    pointer.offset += layout.offsets[slot.index];
    pointer.output = outputs[home[slot.index]];
    pointer.output_offset = slot.offset;
  }
  for (const auto& [pointer, buffer] : scratch_buffers_) {
    plan_->pointers[pointer].root = Root::kBuffer;
    plan_->pointers[pointer].offset = layout.offsets[buffer];
  }
  slots_.own().for_each([&](const Value* /*value*/, Slot& slot) {
    if (slot.root == Root::kBuffer) slot.offset += layout.offsets[slot.index];
  });
}

std::unique_ptr<const Plan> make_plan(const PreparedGraph& prepared, const Graph& graph,
                                      std::vector<PlanInput> inputs, const NodesLeft& nodes) {
  return PlanBuilder(prepared, graph, std::move(inputs)).build(nodes);
}

}  // namespace gatefold
