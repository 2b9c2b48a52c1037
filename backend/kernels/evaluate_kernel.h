#pragma once

#include "backend/kernel.h"

namespace gatefold {

/// The kernel of last resort: runs the operator's own `evaluate`. Right for every operator and
/// type; it allocates while running.
std::unique_ptr<Kernel> make_evaluate_kernel(const KernelRequest& request);

}  // namespace gatefold
