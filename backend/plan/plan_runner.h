#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "backend/executable.h"
#include "backend/plan/arena_stack.h"
#include "backend/plan/plan.h"

namespace gatefold {

/// Runs a plan any number of times, and keeps the plans for what its pivots leave open: sub-graphs,
/// and the rest of the graph, for the shapes seen so far.
class PlanRunner {
 public:
  /// What is the same for a runner and those it keeps.
  struct Surroundings {
    ArenaStack arena = {};
    bool profiling = false;
    std::int64_t plans = 0;  ///< How many the runners keep for their pivots.
  };

  /// Plans `nodes` of `graph`; `depth` plans are under way when this one runs.
  PlanRunner(const PreparedGraph& prepared, const Graph& graph, std::vector<PlanInput> inputs,
             const NodesLeft& nodes, std::size_t depth);
  PlanRunner(const PlanRunner&) = delete;
  PlanRunner& operator=(const PlanRunner&) = delete;

  /// `inputs[i]` is the datum of input i. Returns one datum per graph output, valid until the next
  /// run of any plan in these surroundings. An output lies in `memory`, one entry per output, where
  /// that has its type and shape and the plan can write there at once; an updated state always
  /// does. Allocates nothing when the plan has no pivots and the arena is large enough.
  std::span<const Datum> run(std::span<const Datum* const> inputs, std::span<Tensor> memory,
                             Surroundings& surroundings);

  bool fits(std::span<const Datum* const> inputs) const { return plan_->fits(inputs); }
  /// Releases the arena, which has grown, and the outputs in it.
  void release_memory();
  /// Returns about how many bytes this runner and those it keeps take, without the arena.
  std::size_t bytes() const;
  void append_profile(std::vector<StepProfile>& profile) const;

 private:
  using Root = Slot::Root;
  using Runners = std::vector<std::unique_ptr<PlanRunner>>;

  void place_buffers(Tensor& arena);
  void place_outputs(std::span<Tensor> memory);
  void prepare_outputs();
  void deliver_inputs(std::span<const Datum* const> inputs);
  void run_steps(std::span<const Datum* const> inputs, bool profiling);
  void run_steps(std::size_t first, std::size_t last, bool profiling);
  void run_pivot(std::size_t pivot, std::span<const Datum* const> inputs,
                 Surroundings& surroundings);
  std::vector<Datum> run_body(const Node& node, const Graph& body, std::vector<Datum> arguments,
                              std::span<const Datum* const> inputs, Surroundings& surroundings);
  std::span<const Datum> run_following(std::span<const Datum* const> inputs,
                                       std::span<Tensor> memory, Surroundings& surroundings);
  PlanRunner& runner_for(Runners& runners, const Graph& graph, std::span<const Value* const> values,
                         std::span<const Datum* const> data, const NodesLeft& nodes,
                         Surroundings& surroundings);
  Datum datum_of(const Value* value, std::span<const Datum* const> inputs) const;
  StepProfile profile_of(std::size_t step) const;

  std::unique_ptr<const Plan> plan_;
  std::size_t depth_;
  Tensor arena_;                      // The block that the pointers point into.
  std::vector<void*> pointers_;       // See Plan::pointers.
  std::vector<std::size_t> given_;    // The pointers that follow inputs,
  std::vector<std::size_t> movable_;  // and those that follow an output to where it is wanted.
  std::vector<Datum> outputs_;
  std::vector<StepTime> step_times_;
  std::vector<StepTime> pivot_times_;
  std::unordered_map<const Value*, Datum> made_;  // By the pivots of this run.
  Runners following_;
  std::unordered_map<const Graph*, Runners> bodies_;
};

/// True when every element of these outputs is a finite number.
bool are_finite(std::span<const Datum> outputs, const std::vector<std::size_t>& checks);

}  // namespace gatefold
