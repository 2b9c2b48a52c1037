#pragma once

#include <cstddef>
#include <optional>

#include "ir/graph.h"

namespace gatefold {

/// Returns the input of a node whose rows (vectors along the last axis) become the rows of its only
/// result, each in the same way whatever the others are: as in Relu, a MatMul with one matrix, an
/// Add of one vector. The result has the same rank. Nothing for other nodes.
std::optional<std::size_t> row_input(const Node& node);

}  // namespace gatefold
