#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "ir/graph.h"

/// Binding: fixes sizes and inputs that a model leaves open, so that it can be optimized for them.
namespace gatefold {

/// Sizes for named extents: {"batch", 8}.
using DimSizes = std::map<std::string, std::int64_t>;

/// Replaces named extents of the graph's inputs by sizes and infers all types again. Throws Error
/// for a name that no input has.
void bind_dims(Graph& graph, const DimSizes& sizes);

/// Numbers for inputs by name.
using InputTensors = std::map<std::string, Tensor>;

/// Turns graph inputs into constants and infers all types again. Throws Error for a name that no
/// input has and for a tensor that does not fit the input's type.
void bind_values(Graph& graph, const InputTensors& values);

}  // namespace gatefold
