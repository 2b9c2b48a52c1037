#include "backend/plan/layout_plan.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "backend/placement.h"
#include "backend/plan/strided_ports.h"
#include "backend/pointer_map.h"
#include "ir/index.h"
#include "ir/op_def.h"

namespace gatefold {
namespace {

Dims strides_in(const Slot& slot) {
  return slot.strides.empty() ? strides_of(slot.type.dims()) : slot.strides;
}

class LayoutPlan {
 public:
  LayoutPlan(std::deque<StepDraft>& drafts, Slots& slots);

  void run();

 private:
  /// Values that get other memory, each behind the one it is a view of.
  using Moves = std::vector<std::pair<const Value*, Slot>>;

  void write_in_place(StepDraft& draft);
  bool place_input(const StepDraft& draft, std::size_t input, const Placement& part);
  void read_in_place(StepDraft& draft);
  std::optional<Moves> moves_to(const Value* owner, const Slot& slot) const;
  bool can_be_read(const Value* value, const Slot& slot) const;
  bool can_be_written(const Value* value, const Slot& slot) const;
  bool owns_buffer(const Value* value) const;
  void make(const Moves& moves);
  const StepDraft* maker_of(const Value* value) const;
  void tell_strides(StepDraft& draft) const;

  std::deque<StepDraft>& drafts_;
  Slots& slots_;
  PointerMap<Node, const StepDraft*> draft_of_;
  /// What lies in each buffer: the value it was made for, then views of it.
  std::vector<InlineVector<const Value*>> contents_;
};

LayoutPlan::LayoutPlan(std::deque<StepDraft>& drafts, Slots& slots)
    : drafts_(drafts), slots_(slots) {
  for (const StepDraft& draft : drafts) {
    const Node& node = draft.request.node;
    draft_of_[&node] = &draft;
    for (std::size_t i = 0; i < node.output_count(); ++i) {
      if (node.output(i) == nullptr) continue;
      const Slot& slot = slots.at(node.output(i));
      if (slot.root != Slot::Root::kBuffer) continue;
      if (slot.index >= contents_.size()) contents_.resize(slot.index + 1);
      contents_[slot.index].push_back(node.output(i));
    }
  }
}

void LayoutPlan::run() {
  for (auto draft = drafts_.rbegin(); draft != drafts_.rend(); ++draft) {
    if (!draft->is_view) write_in_place(*draft);
  }
  for (StepDraft& draft : drafts_) {
    if (!draft.is_view) read_in_place(draft);
  }
  for (StepDraft& draft : drafts_) {
    if (!draft.is_view) tell_strides(draft);
  }
}

const StepDraft* LayoutPlan::maker_of(const Value* value) const {
  const StepDraft* const* found = draft_of_.find(value->producer());
  return found == nullptr ? nullptr : *found;
}

bool LayoutPlan::owns_buffer(const Value* value) const {
  const Slot& slot = slots_.at(value);
  return slot.root == Slot::Root::kBuffer && contents_[slot.index].front() == value;
}

bool LayoutPlan::can_be_written(const Value* value, const Slot& slot) const {
  return slot.strides.empty() ||
         writes_strides(maker_of(value)->request, value->output_index(), slot.strides);
}

// Views read nothing; what they are read by counts.
bool LayoutPlan::can_be_read(const Value* value, const Slot& slot) const {
  if (slot.strides.empty()) return true;
  if (value->output_uses() > 0) return false;
  return std::all_of(value->uses().begin(), value->uses().end(), [&](const Use& use) {
    const StepDraft* const* reader = draft_of_.find(use.user);
    if (reader == nullptr) return use.user->op().reads_only_shapes;
    const StepDraft& draft = **reader;
    return draft.is_view || reads_strides(draft.request, use.index, slot.strides);
  });
}

/// `owner` and all its views with `slot` as their memory; nothing where one of them would not be a
/// view any more or would be read by a kernel that wants its elements one behind the other.
std::optional<LayoutPlan::Moves> LayoutPlan::moves_to(const Value* owner, const Slot& slot) const {
  Moves moves;
  for (const Value* value : contents_[slots_.at(owner).index]) {
    Slot moved = slot;
    if (value != owner) {
      const KernelRequest& request = maker_of(value)->request;
      const Value* source = request.node.input(0);
      const auto base = std::find_if(moves.begin(), moves.end(),
                                     [&](const auto& move) { return move.first == source; });
      const auto view = view_of(request, value->output_index(), strides_in(base->second));
      if (!view) return std::nullopt;
      moved = base->second.part(*view, slots_.at(value).type);
    }
    if (!can_be_read(value, moved)) return std::nullopt;
    moves.emplace_back(value, std::move(moved));
  }
  return moves;
}

void LayoutPlan::make(const Moves& moves) {
  contents_[slots_.at(moves.front().first).index].clear();
  for (const auto& [value, slot] : moves) {
    slots_.own()[value] = slot;
    if (slot.root == Slot::Root::kBuffer) contents_[slot.index].push_back(value);
  }
}

void LayoutPlan::write_in_place(StepDraft& draft) {
  const Node& node = draft.request.node;
  const Value* output = node.output(0);
  if (output == nullptr || node.output_count() != 1 || !can_be_view(node.op())) return;
  const std::vector<Placement> parts = parts_of(draft.request, strides_in(slots_.at(output)));
  std::size_t placed = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) placed += place_input(draft, i, parts[i]) ? 1 : 0;
  draft.is_view = placed > 0 && placed == parts.size();
}

/// Moves the value that an input is a view of, so that the input is that part of the output.
bool LayoutPlan::place_input(const StepDraft& draft, std::size_t input, const Placement& part) {
  const Value* value = draft.request.node.input(input);
  const Slot& output = slots_.at(draft.request.node.output(0));
  Slot slot = output.part(part, slots_.at(value).type);
  while (slots_.at(value).root == Slot::Root::kBuffer && maker_of(value)->is_view) {
    const KernelRequest& request = maker_of(value)->request;
    const std::vector<Placement> source = parts_of(request, strides_in(slot));
    if (source.size() != 1) return false;
    value = request.node.input(0);
    slot = slot.part(source.front(), slots_.at(value).type);
  }
  if (!owns_buffer(value) || slots_.at(value).index == output.index) return false;
  if (!can_be_written(value, slot)) return false;
  const auto moves = moves_to(value, slot);
  if (moves) make(*moves);
  return moves.has_value();
}

void LayoutPlan::read_in_place(StepDraft& draft) {
  const Node& node = draft.request.node;
  if (!can_be_view(node.op()) || slots_.at(node.input(0)).root == Slot::Root::kKnown) return;
  const Slot& source = slots_.at(node.input(0));
  std::vector<Moves> all;
  for (std::size_t i = 0; i < node.output_count(); ++i) {
    const Value* value = node.output(i);
    if (value == nullptr) continue;
    const auto view = view_of(draft.request, i, strides_in(source));
    if (!view || !owns_buffer(value)) return;
    auto moves = moves_to(value, source.part(*view, slots_.at(value).type));
    if (!moves) return;
    all.push_back(std::move(*moves));
  }
  for (const Moves& moves : all) make(moves);
  draft.is_view = true;
}

void LayoutPlan::tell_strides(StepDraft& draft) const {
  const Node& node = draft.request.node;
  const auto tell = [this](std::vector<Dims>& strides, std::size_t port, const Value* value) {
    if (value == nullptr || slots_.at(value).strides.empty()) return;
    strides.resize(port + 1);
    strides[port] = slots_.at(value).strides;
  };
  for (std::size_t i = 0; i < node.input_count(); ++i) tell(draft.input_strides, i, node.input(i));
  for (std::size_t i = 0; i < node.output_count(); ++i) {
    tell(draft.output_strides, i, node.output(i));
  }
  draft.request.input_strides = draft.input_strides;
  draft.request.output_strides = draft.output_strides;
}

}  // namespace

void plan_layouts(std::deque<StepDraft>& drafts, Slots& slots) { LayoutPlan(drafts, slots).run(); }

}  // namespace gatefold
