#include "backend/plan/chain_plan.h"

#include <algorithm>

#include "backend/kernels/element_code.h"
#include "backend/pointer_map.h"

namespace gatefold {
namespace {

/// More would not let all their operands' blocks lie in the cache.
constexpr std::size_t kMostMembers = 32;

class ChainFinder {
 public:
  explicit ChainFinder(const std::deque<StepDraft>& drafts) : drafts_(drafts) {
    groups_.reserve(drafts.size());
    for (std::size_t i = 0; i < drafts.size(); ++i) add(i);
  }

  std::vector<StepGroup> groups() const;

 private:
  struct Group {
    InlineVector<std::size_t> members;
    bool is_open = false;  ///< May still grow.
  };

  void add(std::size_t draft);
  bool can_join(std::size_t group, const KernelRequest& request, std::size_t others) const;
  void move_members(std::size_t from, std::size_t to);

  const std::deque<StepDraft>& drafts_;
  std::vector<Group> groups_;
  PointerMap<Value, std::size_t> group_of_;  // That makes a value.
};

bool ChainFinder::can_join(std::size_t group, const KernelRequest& request,
                           std::size_t others) const {
  const Group& candidate = groups_[group];
  return candidate.is_open && candidate.members.size() + others <= kMostMembers &&
         drafts_[candidate.members.front()].request.output_dims() == request.output_dims();
}

void ChainFinder::move_members(std::size_t from, std::size_t to) {
  for (const std::size_t member : groups_[from].members) {
    groups_[to].members.push_back(member);
    group_of_[drafts_[member].request.node.output(0)] = to;
  }
  groups_[from] = {};
}

void ChainFinder::add(std::size_t draft) {
  const KernelRequest& request = drafts_[draft].request;
  const bool is_element_wise = !drafts_[draft].is_view &&
                               request.kernels != KernelChoice::kOnednn &&
                               native::find_element_code(request).has_value();
  const std::size_t own = groups_.size();
  groups_.push_back({{draft}, is_element_wise});
  for (const Value* value : request.node.inputs()) {
    const std::size_t* found = group_of_.find(value);
    if (found == nullptr || *found == own) continue;
    const std::size_t group = *found;
    if (is_element_wise && can_join(group, request, groups_[own].members.size())) {
      move_members(group, own);
    } else {
      groups_[group].is_open = false;
    }
  }
  for (std::size_t i = 0; i < request.node.output_count(); ++i) {
    if (request.node.output(i) != nullptr) group_of_[request.node.output(i)] = own;
  }
}

// Groups are numbered by their last members.
std::vector<StepGroup> ChainFinder::groups() const {
  std::vector<StepGroup> result;
  for (const Group& group : groups_) {
    if (group.members.empty() || drafts_[group.members.front()].is_view) continue;
    InlineVector<std::size_t> members = group.members;
    std::sort(members.begin(), members.end());
    StepGroup& nodes = result.emplace_back();
    for (const std::size_t member : members) nodes.push_back(&drafts_[member]);
  }
  return result;
}

}  // namespace

std::vector<StepGroup> group_chains(const std::deque<StepDraft>& drafts) {
  return ChainFinder(drafts).groups();
}

}  // namespace gatefold
