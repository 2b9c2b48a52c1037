#pragma once

#include <span>
#include <string>

#include "ir/graph.h"

namespace gatefold {

/// Values of a model of which training drops elements.
struct DropoutRule {
  std::string pattern;     ///< A shell pattern for their names: *, ?, [...].
  double probability = 0;  ///< Of an element to become 0; the others are divided by 1 - it.
};

/// Puts a Dropout in training mode behind values of a graph, so that everything that read one reads
/// what is left of it. The rules hold for floating-point inputs of the graph and results of its
/// nodes, not for those of sub-graphs and for what is computed from weights alone; of several that
/// match a value, the last one counts. Throws Error for a pattern that matches no such value, and
/// for a probability that is not from 0 to below 1.
void add_dropout(Graph& graph, std::span<const DropoutRule> rules);

}  // namespace gatefold
