#pragma once

#include <string>

#include "ir/graph.h"

namespace gatefold::python {

/// Returns what there is to say about a model, as JSON.
std::string describe_model(const Model& model);

}  // namespace gatefold::python
