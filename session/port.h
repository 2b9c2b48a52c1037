#pragma once

#include <string>
#include <vector>

#include "ir/graph.h"

namespace gatefold {

/// An input or output of a model: the name callers know it by, and its type. Extents that a call
/// decides are named or unknown.
struct ModelPort {
  std::string name;
  Type type;
};

/// The ports of a graph in their order.
std::vector<ModelPort> inputs_of(const Graph& graph);
std::vector<ModelPort> outputs_of(const Graph& graph);

}  // namespace gatefold
