#include "backend/plan/stack_plan.h"

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "backend/kernels.h"
#include "backend/kernels/recurrent/recurrent_stack.h"
#include "ir/ops/recurrent.h"

namespace gatefold {
namespace {

class StackFinder {
 public:
  StackFinder(const Slots& slots, std::vector<StepGroup>& groups);

  void join();

 private:
  using Buffers = std::unordered_set<std::size_t>;

  const Slot* buffer_of(const Value* value) const;
  bool is_in(const Value* value, const Buffers& buffers) const;
  bool depends_on(const StepGroup& group, const Buffers& buffers) const;
  void add_outputs(const StepGroup& group, Buffers& buffers) const;
  Buffers dependents(std::size_t lower, std::size_t end) const;
  bool is_below(const StepGroup& lower, const KernelRequest& upper) const;
  std::optional<std::size_t> find_lower(std::size_t upper) const;
  bool join_to_lower(std::size_t upper);

  const Slots& slots_;
  std::vector<StepGroup>& groups_;
  Buffers layer_outputs_;  ///< Y of every layer.
};

StackFinder::StackFinder(const Slots& slots, std::vector<StepGroup>& groups)
    : slots_(slots), groups_(groups) {
  for (const StepGroup& group : groups) {
    if (!native::is_stack_layer(group.front()->request)) continue;
    const Slot* Y = buffer_of(group.front()->request.node.output(recurrent_output::kY));
    if (Y != nullptr) layer_outputs_.insert(Y->index);
  }
}

/// The slot of a value that a step makes, else nullptr.
const Slot* StackFinder::buffer_of(const Value* value) const {
  const Slot* slot = slots_.find(value);
  return slot != nullptr && slot->root == Slot::Root::kBuffer ? slot : nullptr;
}

bool StackFinder::is_in(const Value* value, const Buffers& buffers) const {
  const Slot* slot = buffer_of(value);
  return slot != nullptr && buffers.count(slot->index) > 0;
}

bool StackFinder::depends_on(const StepGroup& group, const Buffers& buffers) const {
  return std::any_of(group.begin(), group.end(), [&](const StepDraft* draft) {
    const auto& inputs = draft->request.node.inputs();
    return std::any_of(inputs.begin(), inputs.end(),
                       [&](const Value* input) { return is_in(input, buffers); });
  });
}

void StackFinder::add_outputs(const StepGroup& group, Buffers& buffers) const {
  for (const StepDraft* draft : group) {
    const Node& node = draft->request.node;
    for (std::size_t i = 0; i < node.output_count(); ++i) {
      if (const Slot* slot = buffer_of(node.output(i))) buffers.insert(slot->index);
    }
  }
}

/// Where lies what a group makes, and what is made of that before another one.
StackFinder::Buffers StackFinder::dependents(std::size_t lower, std::size_t end) const {
  Buffers buffers;
  add_outputs(groups_[lower], buffers);
  for (std::size_t i = lower + 1; i < end; ++i) {
    if (depends_on(groups_[i], buffers)) add_outputs(groups_[i], buffers);
  }
  return buffers;
}

/// Whether a layer's X begins where the Y of a group's last layer does.
bool StackFinder::is_below(const StepGroup& lower, const KernelRequest& upper) const {
  const KernelRequest& last = lower.back()->request;
  if (!native::is_stack_layer(last)) return false;
  const Slot* Y = buffer_of(last.node.output(recurrent_output::kY));
  const Slot* X = buffer_of(upper.node.input(recurrent_input::kX));
  return X != nullptr && Y != nullptr && X->index == Y->index && X->offset == Y->offset;
}

/// The group that a layer can be put on.
std::optional<std::size_t> StackFinder::find_lower(std::size_t upper) const {
  const KernelRequest& request = groups_[upper].front()->request;
  if (groups_[upper].size() > 1 || !native::is_stack_layer(request) ||
      !is_in(request.node.input(recurrent_input::kX), layer_outputs_)) {
    return std::nullopt;
  }
  for (std::size_t lower = upper; lower-- > 0;) {
    if (!is_below(groups_[lower], request)) continue;
    if (!native::can_stack(groups_[lower].back()->request, request)) break;
    return lower;
  }
  return std::nullopt;
}

// The stack goes behind what is between its members and does not depend on it; the rest comes
// after it.
bool StackFinder::join_to_lower(std::size_t upper) {
  const auto lower = find_lower(upper);
  if (!lower) return false;
  const Buffers buffers = dependents(*lower, upper);
  const StepDraft* layer = groups_[upper].front();
  const auto& inputs = layer->request.node.inputs();
  if (std::any_of(inputs.begin() + recurrent_input::kX + 1, inputs.end(),
                  [&](const Value* input) { return is_in(input, buffers); })) {
    return false;
  }
  groups_[*lower].push_back(layer);
  const auto first = groups_.begin() + static_cast<std::ptrdiff_t>(*lower);
  const auto last = groups_.begin() + static_cast<std::ptrdiff_t>(upper);
  const auto behind = std::stable_partition(
      first + 1, last, [&](const StepGroup& group) { return !depends_on(group, buffers); });
  std::rotate(first, first + 1, behind);
  groups_.erase(last);
  return true;
}

void StackFinder::join() {
  for (std::size_t i = 0; i < groups_.size();) {
    if (!join_to_lower(i)) ++i;
  }
}

bool is_slow_stack(const StepGroup& group) {
  if (group.size() == 1 || !native::is_stack_layer(group.front()->request)) return false;
  std::vector<const KernelRequest*> layers;
  for (const StepDraft* layer : group) layers.push_back(&layer->request);
  return !is_faster_as_stack(layers);
}

}  // namespace

void join_stacks(const Slots& slots, std::vector<StepGroup>& groups) {
  StackFinder(slots, groups).join();
  std::vector<StepGroup> kept;
  for (StepGroup& group : groups) {
    if (is_slow_stack(group)) {
      for (const StepDraft* layer : group) kept.push_back({layer});
    } else {
      kept.push_back(std::move(group));
    }
  }
  groups = std::move(kept);
}

}  // namespace gatefold
