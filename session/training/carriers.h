#pragma once

#include <map>
#include <string>
#include <vector>

#include "ir/graph.h"

namespace gatefold {

/// Finds, for each input of a model, the outputs that could be carried into it: floating-point
/// tensors of the same type, except the output that the loss judges. Inputs without one are absent.
std::map<std::string, std::vector<std::string>> find_carriers(const Graph& model,
                                                              const std::string& judged);

}  // namespace gatefold
