#pragma once

#include <optional>
#include <string>

#include "ir/graph.h"

namespace gatefold::python {

/// Returns what there is to say about a model, as JSON.
std::string describe_model(const Model& model);

/// Draws the graph of a model as SVG, if it is small enough to be read.
std::optional<std::string> draw_model(const Model& model);

}  // namespace gatefold::python
