#pragma once

#include <map>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "passes/bind.h"

namespace gatefold::tools {

/// Numbers for graph inputs as the user wrote them: {"sr", "16000"}.
using InputValues = std::map<std::string, std::string>;

/// Reads options of the form "NAME=16000" or "NAME=1,2,3". Throws Error for any other form.
InputValues parse_input_values(const std::vector<std::string>& options);

/// Makes tensors of the numbers, for bind_values. One number fills the whole tensor; otherwise
/// there must be one for each element, and a vector of open extent takes any count. Throws Error
/// for a name that no input has, a number that the input's element type does not hold, and a count
/// that does not fit.
InputTensors read_input_values(const Graph& graph, const InputValues& values);

/// Binds named extents, then inputs to these numbers.
void bind_inputs(Graph& graph, const DimSizes& dims, const InputValues& values);

}  // namespace gatefold::tools
