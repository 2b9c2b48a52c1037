#pragma once

#include <string>
#include <vector>

#include "ir/graph.h"

namespace gatefold {

/// An input or output of a model: the name that callers use, and its type. Extents that each call
/// decides are named or unknown.
struct ModelPort {
  std::string name;
  Type type;
};

/// Return the inputs or the outputs of a graph, in its order.
std::vector<ModelPort> inputs_of(const Graph& graph);
std::vector<ModelPort> outputs_of(const Graph& graph);

}  // namespace gatefold
