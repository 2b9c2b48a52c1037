#pragma once

#include <map>
#include <string>
#include <vector>

#include "ir/graph.h"

namespace gatefold {

/// By input of a model, the outputs that could be carried into it, if any: floating-point tensors
/// of the same type, but for the one that the loss judges.
std::map<std::string, std::vector<std::string>> find_carriers(const Graph& model,
                                                              const std::string& judged);

}  // namespace gatefold
