#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "backend/kernel.h"
#include "backend/plan/prepared_graph.h"
#include "backend/plan/slot.h"
#include "ir/graph.h"
#include "ir/inline_vector.h"

namespace gatefold {

/// Whether a tensor has this type, all of whose extents are known; allocates nothing.
bool is_of_type(const Tensor& tensor, const Type& type);

/// A value that a plan is given: its concrete type and, where they never change, its numbers.
struct PlanInput {
  const Value* value = nullptr;
  Type type;
  Tensor known = {};
};

/// Nodes that are left to plan, in order: some of a graph's needed nodes, and all from one on.
struct NodesLeft {
  std::vector<const Node*> first = {};
  std::span<const Node* const> rest;
};

/// A kernel for a node or several, and its pointers: inputs, outputs and one for scratch, each a
/// number in Plan::pointers.
struct PlanStep {
  InlineVector<const Node*> nodes;
  std::unique_ptr<Kernel> kernel = nullptr;
  std::size_t first_input = 0;
  std::size_t first_output = 0;
  std::size_t scratch = 0;
};

/// What a pointer of a step points at: `offset` bytes into a constant's numbers, an input or the
/// arena.
struct PlanPointer {
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  const Value* value = nullptr;  ///< nullptr for scratch, and for what is missing: a null pointer.
  Slot::Root root = Slot::Root::kKnown;
  std::size_t index = 0;   ///< Of an input.
  std::size_t offset = 0;  ///< Into the input or the arena.
  /// The graph output that is written here alone, so that it can be written elsewhere instead, and
  /// how far into it this points.
  std::size_t output = kNone;
  std::size_t output_offset = 0;
};

/// A run of nodes planned for concrete input shapes, immutable once it is made. Shapes have been
/// propagated, nodes whose inputs are known computed, views have no memory of their own, every
/// other node is part of a step with its kernel, and all buffers lie in one arena.
///
/// Nodes whose output shape depends on data (NonZero, a Reshape by a computed shape), those that
/// run sub-graphs and those of sequences are pivots: they are computed when the steps are done, and
/// what is left of the graph becomes a following plan, made for the shapes they gave. A plan does
/// not look far beyond what it leaves, so that many pivots in a row take a time in proportion.
struct Plan {
  Plan(const PreparedGraph& prepared_graph, const Graph& planned_graph,
       std::vector<PlanInput> plan_inputs)
      : prepared(prepared_graph),
        graph(planned_graph),
        inputs(std::move(plan_inputs)),
        slots(prepared.known_slots()) {}

  const PreparedGraph& prepared;
  const Graph& graph;  ///< Whose outputs the plan delivers.
  std::vector<PlanInput> inputs;
  Slots slots;  ///< A buffer's slot is an offset into the arena.
  std::vector<PlanStep> steps;
  std::vector<PlanPointer> pointers;
  std::size_t arena_bytes = 0;

  /// Outputs that are written over which input, and the first step that may do so.
  std::unordered_map<const Value*, std::size_t> updated;
  std::size_t first_update = 0;

  std::vector<const Node*> pivots;
  NodesLeft deferred;                     ///< Left to the following plan.
  std::vector<const Value*> handed_over;  ///< What that one is given.

  /// The type of a value, undefined for one that the plan does not know.
  Type type_of(const Value* value) const;
  /// True when the plan was made for these data.
  bool fits(std::span<const Datum* const> data) const;
  /// About how much memory the plan takes without the arena.
  std::size_t bytes() const;
};

/// Plans `nodes`, which are what is left to compute of `graph`.
std::unique_ptr<const Plan> make_plan(const PreparedGraph& prepared, const Graph& graph,
                                      std::vector<PlanInput> inputs, const NodesLeft& nodes);

}  // namespace gatefold
