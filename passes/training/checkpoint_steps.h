#pragma once

#include <cstdint>

#include "ir/graph.h"

namespace gatefold {

/// Makes the recurrent layers of a graph with gradients compute their forward steps again in the
/// backward step, `every` steps at a time, rather than keep what the backward step needs of all of
/// them: attribute checkpoint_every of ir/ops/recurrent_training.h. Layers in sub-graphs stay as
/// they are.
void checkpoint_steps(Graph& graph, std::int64_t every);

}  // namespace gatefold
