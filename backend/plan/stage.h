#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "backend/executable.h"
#include "backend/kernel.h"
#include "backend/kernels/chain.h"
#include "backend/plan/arena.h"
#include "backend/plan/chain_plan.h"
#include "backend/plan/slot.h"
#include "ir/graph.h"

namespace gatefold {

/// A value that a stage is given: its concrete type and, where they never change, its numbers.
struct StageInput {
  const Value* value = nullptr;
  Type type;
  Tensor known = {};
};

/// A run of nodes planned for concrete input shapes. Shapes are propagated, nodes whose inputs are
/// known are computed once, views get no memory of their own, every other node becomes a step with
/// its kernel, and all buffers lie in one arena.
///
/// Nodes whose output shape depends on data (NonZero, a Reshape by a computed shape), those that
/// run sub-graphs and those of sequences are the stage's pivots: they are computed when the steps
/// are done, and what is left of the graph becomes a following stage, planned for the shapes they
/// gave and kept for the next time those come up. Sub-graphs are planned and kept the same way.
class Stage {
 public:
  /// Plans kept for different shapes in one place; the oldest goes when there are more.
  static constexpr std::size_t kMostPlans = 32;

  /// `nodes` are what is left to compute of `graph`, whose outputs the stage delivers.
  Stage(const Executable& executable, const Graph& graph, std::vector<StageInput> inputs,
        const std::vector<const Node*>& nodes);
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  /// `inputs[i]` is the datum of input i. Returns one datum per graph output, valid until the next
  /// run. Allocates nothing when the stage has no following one.
  std::span<const Datum> run(std::span<const Datum* const> inputs, bool profiling);

  /// True when the stage was planned for these data.
  bool fits(std::span<const Datum* const> inputs) const;

  void append_profile(std::vector<StepProfile>& profile) const;

 private:
  using Root = Slot::Root;

  /// A kernel for a node or several.
  struct Step {
    std::vector<const Node*> nodes;
    std::unique_ptr<Kernel> kernel = nullptr;
    std::size_t first_input = 0;  // In pointers_.
    std::size_t first_output = 0;
    std::size_t scratch = 0;  // In pointers_.
    StepTime time = {};
  };

  /// A node whose outputs are made anew each time.
  struct Pivot {
    const Node* node = nullptr;
    StepTime time = {};
  };

  /// A step that could write an output over an input.
  struct Overwrite {
    std::size_t step = 0;
    std::size_t input = 0;  // Buffers.
    std::size_t output = 0;
  };

  /// A pointer that follows the memory of a stage input.
  struct InputPointer {
    std::size_t pointer = 0;
    std::size_t input = 0;
    std::size_t offset = 0;
  };

  bool is_ready(const Node& node) const;
  Slot& slot_of(const Value* value);
  void add_known(const Value* value, const Tensor& numbers);
  bool has_whole_buffer(const Slot& slot) const;
  std::vector<const Value*> reads(const Node& node) const;
  void plan_node(const Node& node, std::deque<StepDraft>& drafts);
  bool evaluate_now(const KernelRequest& request);
  bool add_views(const KernelRequest& request);
  void add_buffers(const KernelRequest& request);
  std::vector<bool> last_uses(const Node& node) const;
  void add_step(const StepGroup& group);
  std::size_t add_pointer(const Value* value);
  void plan_updates(std::vector<StepGroup>& groups);
  bool can_be_update(const Slot& input, const Value* output) const;
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
  void lay_out();
  void prepare_outputs();

  void run_steps(std::span<const Datum* const> inputs, bool profiling);
  void run_steps(std::size_t first, std::size_t last, bool profiling);
  void run_pivot(Pivot& pivot, std::span<const Datum* const> inputs, bool profiling);
  std::vector<Datum> run_body(const Node& node, const Graph& body, std::vector<Datum> arguments,
                              std::span<const Datum* const> inputs, bool profiling);
  std::span<const Datum> run_following(std::span<const Datum* const> inputs, bool profiling);
  using Stages = std::vector<std::unique_ptr<Stage>>;
  Stage& stage_for(Stages& stages, const Graph& graph, std::span<const Value* const> values,
                   std::span<const Datum* const> data, const std::vector<const Node*>& nodes);
  Datum datum_of(const Value* value, std::span<const Datum* const> inputs) const;
  StepProfile profile_of(const Step& step) const;
  Type type_of(const Value* value) const;

  const Executable& executable_;
  const Graph& graph_;
  std::vector<StageInput> inputs_;
  Slots slots_;

  std::vector<Step> steps_;
  std::vector<ArenaRequest> buffers_;
  std::vector<std::size_t> last_buffer_reads_;  // See last_reads.
  std::vector<Overwrite> overwrites_;
  ArenaLayout layout_;
  Tensor arena_;
  std::vector<void*> pointers_;
  std::vector<const Value*> pointer_values_;  // What each pointer points at; nullptr for scratch.
  std::vector<InputPointer> input_pointers_;
  std::vector<std::pair<std::size_t, std::size_t>> scratch_buffers_;  // Pointer, buffer.

  std::unordered_map<const Value*, std::size_t> updated_;  // Over which input, where possible.
  std::vector<std::size_t> last_input_reads_;              // See last_reads.
  std::size_t first_update_ = 0;  // The steps from here on may write over inputs.

  std::vector<Pivot> pivots_;
  std::vector<const Node*> deferred_;  // Left to the following stage.
  std::vector<const Value*> handed_over_;
  std::unordered_map<const Value*, Datum> made_;  // By the pivots of this run.
  Stages following_;
  std::unordered_map<const Graph*, Stages> bodies_;
  std::vector<Datum> outputs_;
};

/// True when every element of these outputs is a finite number.
bool are_finite(std::span<const Datum> outputs, const std::vector<std::size_t>& checks);

}  // namespace gatefold
