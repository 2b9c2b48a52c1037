#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "ir/graph.h"

/// Gives numbers to what a model leaves open, before it is optimized for them.
namespace gatefold {

/// Sizes for named extents: {"batch", 8}.
using DimSizes = std::map<std::string, std::int64_t>;

/// Puts sizes in the place of named extents of the graph's inputs and infers all types anew. Throws
/// Error for a name that no input has.
void bind_dims(Graph& graph, const DimSizes& sizes);

/// Numbers for inputs by name.
using InputTensors = std::map<std::string, Tensor>;

/// Turns graph inputs into constants and infers all types anew. Throws Error for a name that no
/// input has and for a tensor that does not fit the input's type.
void bind_values(Graph& graph, const InputTensors& values);

}  // namespace gatefold
