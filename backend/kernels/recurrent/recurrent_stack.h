#pragma once

#include <memory>
#include <span>

#include "backend/kernel.h"
#include "backend/kernels/chain.h"
#include "ir/ops/recurrent.h"

namespace gatefold::native {

/// Returns whether the node can be a layer of a stack: LSTM, GRU or RNN, or its training form, in
/// float32 with one direction.
bool is_stack_layer(const KernelRequest& request);

/// Returns whether a layer whose X is the memory of another layer's Y can be put on that one: both
/// go through the same sequences in the same direction.
bool can_stack(const KernelRequest& lower, const KernelRequest& upper);

/// Returns whether the layers of a stack, bottom first, run faster in one kernel than each in a
/// native kernel of its own. Threads that work on different layers wait for one another less often,
/// but each needs all weights of its layer in its own cache, and the layers must take about equally
/// long.
bool gains_from_stack(std::span<const KernelRequest* const> layers);

/// Makes a kernel for layers, each of which can be put on the one before. Several threads work on
/// several layers at once, each layer on steps that the one below has done. Of the layers' X the
/// kernel takes only that of the first.
KernelWithValues make_recurrent_stack(std::span<const KernelRequest* const> layers);

}  // namespace gatefold::native
