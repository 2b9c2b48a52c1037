#pragma once

#include "backend/kernel.h"

namespace gatefold {

/// Computes a node on float16 or bfloat16 by the kernel `make` has for float32: inputs are widened
/// before it runs and outputs rounded after, as the operator's definition does. nullptr where there
/// is none, or the node has no such types.
std::unique_ptr<Kernel> make_widened_kernel(const KernelRequest& request, MakeKernel make);

}  // namespace gatefold
