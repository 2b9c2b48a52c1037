#pragma once

#include <memory>
#include <span>

#include "backend/kernel.h"
#include "backend/kernels/chain.h"
#include "ir/ops/recurrent.h"

namespace gatefold::native {

/// Whether the node can be a layer of a stack: LSTM, GRU or RNN, or its training form, in float32
/// with one direction.
bool is_stack_layer(const KernelRequest& request);

/// Whether a layer can be put on another one, given that its X is the memory of that one's Y: both
/// go through the same sequences in the same direction.
bool can_stack(const KernelRequest& lower, const KernelRequest& upper);

/// Whether the layers of a stack, bottom first, run faster in one kernel than one by one, each in
/// plain's kernel. Threads that work on different layers wait for one another less often, but each
/// needs all weights of its layer in its own cache, and the layers must be about as much work.
bool gains_from_stack(std::span<const KernelRequest* const> layers);

/// Makes a kernel for layers, each of which can be put on the one before. Several
/// threads work on several layers at once: each layer on steps that the one below has done. The
/// kernel gets X of the first layer alone.
KernelWithValues make_recurrent_stack(std::span<const KernelRequest* const> layers);

}  // namespace gatefold::native
