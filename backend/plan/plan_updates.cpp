#include <algorithm>
#include <iterator>
#include <numeric>

#include "backend/plan/plan_builder.h"

namespace gatefold {

void PlanBuilder::plan_updates(std::vector<StepGroup>& groups) {
  plan_->first_update = groups.size();
  const CompileOptions& options = prepared_.options();
  if (!plan_->pivots.empty() || &graph_ != &prepared_.graph()) return;
  if (options.updates.empty()) return;
  std::vector<int> sharers(buffers_.size());  // Values in each buffer.
  slots_.own().for_each([&](const Value* /*value*/, const Slot& slot) {
    if (slot.root == Root::kBuffer) ++sharers[slot.index];
  });
  std::unordered_set<std::size_t> buffers;
  for (const StateUpdate& update : options.updates) {
    const Slot* input = slots_.find(graph_.inputs()[update.input]);
    const Value* output = graph_.outputs()[update.output].value;
    if (input == nullptr || !can_be_update(*input, output, sharers)) continue;
    plan_->updated[output] = input->index;
    buffers.insert(slots_.at(output).index);
  }
  if (buffers.empty()) return;
  plan_->first_update = move_last(groups, buffers);
  const bool are_checked_first =
      std::all_of(options.checks.begin(), options.checks.end(), [&](std::size_t check) {
        const Value* value = graph_.outputs()[check].value;
        if (value->has_data()) return true;
        const Slot& slot = slots_.at(value);
        return slot.root == Root::kBuffer && buffers.count(slot.index) == 0;
      });
  if (!are_checked_first) {
    plan_->updated.clear();
    plan_->first_update = groups.size();
  }
  last_input_reads_ = last_reads(groups, Root::kInput, plan_->inputs.size());
}

// The output must have memory of its own, which no view of it shares.
bool PlanBuilder::can_be_update(const Slot& input, const Value* output,
                                const std::vector<int>& sharers) const {
  const Slot* slot = slots_.find(output);
  if (slot == nullptr || input.root != Root::kInput || output->output_uses() != 1) return false;
  return slot->root == Root::kBuffer && slot->type == input.type && sharers[slot->index] == 1;
}

// Groups that make one of the buffers go behind all others, and so do those that read from them.
std::size_t PlanBuilder::move_last(std::vector<StepGroup>& groups,
                                   std::unordered_set<std::size_t>& buffers) const {
  const auto is_moved = [&](const Value* value) {
    const Slot* slot = slots_.find(value);
    return slot != nullptr && slot->root == Root::kBuffer && buffers.count(slot->index) > 0;
  };
  std::vector<StepGroup> first;
  std::vector<StepGroup> last;
  for (StepGroup& group : groups) {
    std::vector<const Value*> outputs;
    bool moves = false;
    for (const StepDraft* draft : group) {
      const Node& node = draft->request.node;
      for (const Value* value : node.inputs()) moves = moves || is_moved(value);
      for (std::size_t i = 0; i < node.output_count(); ++i) {
        if (node.output(i) != nullptr) outputs.push_back(node.output(i));
      }
    }
    moves = moves || std::any_of(outputs.begin(), outputs.end(), is_moved);
    if (moves) {
      for (const Value* value : outputs) buffers.insert(slots_.at(value).index);
    }
    (moves ? last : first).push_back(std::move(group));
  }
  groups = std::move(first);
  const std::size_t moved = groups.size();
  std::move(last.begin(), last.end(), std::back_inserter(groups));
  return moved;
}

/// The last step that reads each of the `count` memories of a root; the number of steps for what
/// the graph delivers.
std::vector<std::size_t> PlanBuilder::last_reads(const std::vector<StepGroup>& groups, Root root,
                                                 std::size_t count) const {
  std::vector<std::size_t> last(count, 0);
  const auto read = [&](const Value* value, std::size_t step) {
    const Slot* slot = slots_.find(value);
    if (slot != nullptr && slot->root == root) last[slot->index] = step;
  };
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (const StepDraft* draft : groups[i]) {
      for (const Value* value : draft->request.node.inputs()) read(value, i);
    }
  }
  for (const Graph::Output& output : graph_.outputs()) read(output.value, groups.size());
  return last;
}

// KernelRequest::last_uses of the node that becomes the next step. A plan with pivots hands its
// memory over to what follows.
InlineVector<bool> PlanBuilder::last_uses(const Node& node) const {
  if (!plan_->pivots.empty()) return {};
  struct Ending {
    std::size_t buffer = 0;
    std::size_t input = 0;
  };
  InlineVector<Ending> ending;  // Buffers that nobody reads afterwards, and the inputs in them.
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    if (node.input(i) == nullptr) continue;
    const Slot& slot = slots_.at(node.input(i));
    const bool ends =
        slot.root == Root::kBuffer && last_buffer_reads_[slot.index] == plan_->steps.size();
    if (ends) ending.push_back({slot.index, i});
  }
  std::sort(ending.begin(), ending.end(),
            [](const Ending& a, const Ending& b) { return a.buffer < b.buffer; });
  InlineVector<bool> are_last(node.input_count());
  for (std::size_t k = 0; k < ending.size(); ++k) {
    const bool is_alone = (k == 0 || ending[k - 1].buffer != ending[k].buffer) &&
                          (k + 1 == ending.size() || ending[k + 1].buffer != ending[k].buffer);
    are_last[ending[k].input] = is_alone;
  }
  return are_last;
}

void PlanBuilder::write_over_states(const native::KernelWithValues& parts) {
  for (std::size_t k = 0; k < parts.outputs.size(); ++k) {
    const auto update = plan_->updated.find(parts.outputs[k]);
    if (update == plan_->updated.end()) continue;
    const std::size_t input = update->second;
    const bool is_safe = last_input_reads_[input] <= plan_->steps.size() &&
                         may_overwrite(parts, Root::kInput, input, k);
    if (!is_safe) continue;
    Slot& slot = slots_.own().at(parts.outputs[k]);
    slot.root = Root::kInput;
    slot.index = input;
  }
}

// Whether no input of the step that lies in this memory stands in the way of the output.
bool PlanBuilder::may_overwrite(const native::KernelWithValues& parts, Root root, std::size_t index,
                                std::size_t output) const {
  for (std::size_t i = 0; i < parts.inputs.size(); ++i) {
    if (parts.inputs[i] == nullptr) continue;
    const Slot& slot = slots_.at(parts.inputs[i]);
    if (slot.root != root || slot.index != index) continue;
    if (slot.offset != 0 || !slot.strides.empty() ||
        slot.type.dtype != slots_.at(parts.outputs[output]).type.dtype ||
        !parts.kernel->may_overwrite(i, output)) {
      return false;
    }
  }
  return true;
}

bool PlanBuilder::has_whole_buffer(const Slot& slot) const {
  return slot.root == Root::kBuffer && slot.offset == 0 && slot.strides.empty() &&
         element_count(slot.type.dims()) * size_of(slot.type.dtype) == buffers_[slot.index].bytes;
}

void PlanBuilder::find_overwrites(const native::KernelWithValues& parts) {
  for (std::size_t k = 0; k < parts.outputs.size(); ++k) {
    if (parts.outputs[k] == nullptr) continue;
    const Slot& output = slots_.at(parts.outputs[k]);
    if (!has_whole_buffer(output)) continue;
    for (std::size_t i = 0; i < parts.inputs.size(); ++i) {
      if (parts.inputs[i] == nullptr || !parts.kernel->may_overwrite(i, k)) continue;
      const Slot& input = slots_.at(parts.inputs[i]);
      if (input.root == Root::kBuffer && may_overwrite(parts, Root::kBuffer, input.index, k)) {
        overwrites_.push_back({plan_->steps.size(), input.index, output.index});
      }
    }
  }
}

// Gives the outputs that may lie over an input nobody reads afterwards that input's buffer. Returns
// the buffer that each one has become a part of: itself, mostly.
std::vector<std::size_t> PlanBuilder::join_buffers() {
  std::vector<std::size_t> home(buffers_.size());
  std::iota(home.begin(), home.end(), 0);
  std::vector<std::size_t> taken_at(buffers_.size(), plan_->steps.size());
  for (const Overwrite& overwrite : overwrites_) {
    const std::size_t to = home[overwrite.input];
    ArenaRequest& output = buffers_[overwrite.output];
    if (home[overwrite.output] != overwrite.output || buffers_[to].bytes != output.bytes ||
        buffers_[to].last_step != overwrite.step || taken_at[to] == overwrite.step) {
      continue;
    }
    home[overwrite.output] = to;
    taken_at[to] = overwrite.step;
    buffers_[to].last_step = output.last_step;
    output = {};
  }
  return home;
}

}  // namespace gatefold
