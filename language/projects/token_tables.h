#pragma once

#include <vector>

#include "ir/graph.h"

namespace gatefold {

/// Returns the tables of a model of which an input, moved or converted, says which rows are looked
/// up: the embeddings of its tokens.
std::vector<const Value*> find_token_tables(const Graph& graph);

}  // namespace gatefold
