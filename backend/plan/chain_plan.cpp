#include "backend/plan/chain_plan.h"

#include <algorithm>

#include "backend/kernels/conv_chain.h"
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

bool is_chain(const StepGroup& group) {
  const KernelRequest& request = group.front()->request;
  return request.kernels != KernelChoice::kOnednn && native::find_element_code(request).has_value();
}

/// Whether nodes of a group alone read a value.
bool is_read_within(const Value& value, const StepGroup& group) {
  return value.output_uses() == 0 &&
         std::all_of(value.uses().begin(), value.uses().end(), [&](const Use& use) {
           return std::any_of(group.begin(), group.end(), [&](const StepDraft* draft) {
             return &draft->request.node == use.user;
           });
         });
}

/// The last of the convolutions that can take a chain: its output, which only the chain reads, has
/// the extents of the chain's.
const StepDraft* find_leader(const StepGroup& chain,
                             const PointerMap<Value, const StepDraft*>& convs) {
  for (const StepDraft* draft : chain) {
    for (const Value* value : draft->request.node.inputs()) {
      const auto* found = convs.find(value);
      if (found != nullptr &&
          (*found)->request.output_dims() == chain.front()->request.output_dims() &&
          is_read_within(*value, chain)) {
        return *found;
      }
    }
  }
  return nullptr;
}

/// Puts each chain behind a convolution that it reads, as one group in the chain's place.
void join_convs(std::vector<StepGroup>& groups) {
  PointerMap<Value, const StepDraft*> convs;
  for (const StepGroup& group : groups) {
    const StepDraft* draft = group.front();
    if (native::can_lead_chain(draft->request)) convs[draft->request.node.output(0)] = draft;
  }
  PointerMap<StepDraft, bool> joined;
  for (StepGroup& group : groups) {
    if (!is_chain(group)) continue;
    const StepDraft* conv = find_leader(group, convs);
    if (conv == nullptr) continue;
    joined[conv] = true;
    StepGroup members{conv};
    for (const StepDraft* draft : group) members.push_back(draft);
    group = std::move(members);
  }
  std::erase_if(groups, [&](const StepGroup& group) {
    return group.size() == 1 && joined.contains(group.front());
  });
}

}  // namespace

std::vector<StepGroup> group_chains(const std::deque<StepDraft>& drafts) {
  std::vector<StepGroup> groups = ChainFinder(drafts).groups();
  join_convs(groups);
  return groups;
}

}  // namespace gatefold
