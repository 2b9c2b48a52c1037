#pragma once

#include <cstddef>

#include "backend/kernel.h"

namespace gatefold {

/// Whether the kernel of a node reads an input that lies in memory with these strides, which it
/// finds in its request. No node needs to: a copy is made for those that do not.
bool reads_strides(const KernelRequest& request, std::size_t input, const Dims& strides);
/// The same for an output that it writes.
bool writes_strides(const KernelRequest& request, std::size_t output, const Dims& strides);

}  // namespace gatefold
