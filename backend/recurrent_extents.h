#pragma once

#include "backend/kernel.h"
#include "ir/ops/recurrent.h"

namespace gatefold {

/// The extents of a recurrent node, and where things lie in its inputs and outputs as they are in
/// memory.
RecurrentExtents recurrent_extents(const KernelRequest& request, const RecurrentAttrs& attrs);

}  // namespace gatefold
