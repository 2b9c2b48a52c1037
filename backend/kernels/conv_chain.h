#pragma once

#include <span>

#include "backend/kernel.h"
#include "backend/kernels/chain.h"

namespace gatefold::native {

/// Whether a node is a convolution whose kernel may take element-wise nodes behind it.
bool can_lead_chain(const KernelRequest& request);

/// Makes a kernel for a convolution and element-wise nodes behind it, in their order, which alone
/// read its output: they are computed part by part while the convolution's outputs are in the
/// cache.
KernelWithValues make_conv_chain(std::span<const KernelRequest* const> members);

}  // namespace gatefold::native
