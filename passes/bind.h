#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "ir/graph.h"

/// Binding: fixes sizes and inputs that a model leaves open, so that it can be optimized for them.
namespace gatefold {

/// Sizes for named extents: {"batch", 8}.
using DimSizes = std::map<std::string, std::int64_t>;

/// Adds the sizes that the extents of an array give to the names in a type of its rank; names that
/// have a size keep it. Arrays of another rank say nothing.
void note_sizes(const Type& type, std::span<const std::int64_t> extents, DimSizes& sizes);

/// Replaces named extents of the graph's inputs by sizes and infers all types again. Throws Error
/// for a name that no input has.
void bind_dims(Graph& graph, const DimSizes& sizes);

/// Numbers for inputs by name.
using InputTensors = std::map<std::string, Tensor>;

/// Turns graph inputs into constants and infers all types again. Throws Error for a name that no
/// input has and for a tensor that does not fit the input's type.
void bind_values(Graph& graph, const InputTensors& values);

}  // namespace gatefold
