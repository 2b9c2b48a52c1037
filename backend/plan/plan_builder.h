#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <unordered_set>
#include <utility>
#include <vector>

#include "backend/kernels/chain.h"
#include "backend/plan/arena.h"
#include "backend/plan/chain_plan.h"
#include "backend/plan/plan.h"
#include "backend/plan/slot.h"

namespace gatefold {

/// Makes one plan; see make_plan.
class PlanBuilder {
 public:
  PlanBuilder(const PreparedGraph& prepared, const Graph& graph, std::vector<PlanInput> inputs);

  std::unique_ptr<const Plan> build(const NodesLeft& nodes);

 private:
  using Root = Slot::Root;

  /// A step that could write an output over an input.
  struct Overwrite {
    std::size_t step = 0;
    std::size_t input = 0;  // Buffers.
    std::size_t output = 0;
  };

  void draft(const NodesLeft& nodes, std::deque<StepDraft>& drafts);
  bool is_ready(const Node& node) const;
  void add_known(const Value* value, const Tensor& numbers);
  bool has_whole_buffer(const Slot& slot) const;
  std::vector<const Value*> reads(const Node& node) const;
  void plan_node(const Node& node, std::deque<StepDraft>& drafts);
  bool evaluate_now(const KernelRequest& request);
  bool add_views(const KernelRequest& request);
  void add_buffers(const KernelRequest& request);
  InlineVector<bool> last_uses(const Node& node) const;
  void add_step(const StepGroup& group);
  std::size_t add_pointer(const Value* value);
  void plan_updates(std::vector<StepGroup>& groups);
  bool can_be_update(const Slot& input, const Value* output, const std::vector<int>& sharers) const;
  std::size_t move_last(std::vector<StepGroup>& groups,
                        std::unordered_set<std::size_t>& buffers) const;
  std::vector<std::size_t> last_reads(const std::vector<StepGroup>& groups, Root root,
                                      std::size_t count) const;
  void write_over_states(const native::KernelWithValues& parts);
  bool may_overwrite(const native::KernelWithValues& parts, Root root, std::size_t index,
                     std::size_t output) const;
  void find_overwrites(const native::KernelWithValues& parts);
  std::vector<std::size_t> join_buffers();
  void keep(const Value* value);
  void keep_what_follows();
  std::vector<const Value*> read_later() const;
  void lay_out();
  std::vector<std::size_t> outputs_of_buffers(const std::vector<std::size_t>& home) const;

  std::unique_ptr<Plan> plan_;
  const PreparedGraph& prepared_;
  const Graph& graph_;
  Slots& slots_;

  std::vector<ArenaRequest> buffers_;
  std::vector<std::size_t> last_buffer_reads_;  // See last_reads.
  std::vector<std::size_t> last_input_reads_;
  std::vector<Overwrite> overwrites_;
  std::vector<std::pair<std::size_t, std::size_t>> scratch_buffers_;  // Pointer, buffer.
};

}  // namespace gatefold
