#pragma once

#include <optional>
#include <string>
#include <vector>

#include "passes/rewriting/counts.h"

namespace gatefold {

/// A mask that holds back the states that a step hands on, and the Where nodes that do so; nullptr
/// where there are none.
struct Hold {
  Value* mask = nullptr;
  Node* hidden = nullptr;
  Node* cell = nullptr;  ///< Of an LSTM.
};

/// Recurrent nodes with the same weights, each of which goes on from the final states of the one
/// before it: equal steps of one recurrence.
struct StepChain {
  std::vector<Node*> steps;
  std::vector<Hold> holds = {};  ///< Of each step; the last one may hand on nothing.

  bool is_held() const { return holds.front().mask != nullptr; }
};

/// Finds the chains of two steps and more in a graph, without those in its sub-graphs.
std::vector<StepChain> find_step_chains(const Graph& graph, const PassContext& context);

/// How many steps a recurrent node computes.
const Dim& steps_of(const Node& node);

/// What the masks of a chain mean: sequences that end early.
struct ChainLengths {
  Count left;              ///< The lengths of the sequences.
  std::size_t batch = 0;   ///< The axis of the masks that numbers the sequences.
  bool backwards = false;  ///< The chain begins with the last step of a sequence.
};

/// Proves that the mask of every step holds where its number is below the length of a sequence, and
/// that nothing reads states but where the masks hold; otherwise says why.
std::optional<ChainLengths> find_lengths(const StepChain& chain, const PassContext& context,
                                         std::string& reason);

}  // namespace gatefold
