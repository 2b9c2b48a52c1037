#pragma once

#include <cstdint>

#include "ir/graph.h"

namespace gatefold {

/// Saves memory in the recurrent layers of a graph with gradients: the backward step recomputes the
/// forward steps, `every` at a time, instead of reading what it needs of all of them. Sets
/// attribute checkpoint_every of ir/ops/recurrent_training.h. Layers in sub-graphs stay as they
/// are.
void recompute_steps(Graph& graph, std::int64_t every);

}  // namespace gatefold
