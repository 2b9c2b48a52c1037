#pragma once

#include <memory>
#include <span>
#include <vector>

#include "backend/kernel.h"

namespace gatefold::native {

/// One kernel for several nodes, with the values that its buffers stand for.
struct KernelWithValues {
  std::unique_ptr<Kernel> kernel;
  std::vector<const Value*> inputs;
  std::vector<const Value*> outputs;
};

/// Makes a kernel that computes element-wise nodes, in their order, in one pass over memory: block
/// by block, so that what only these nodes read stays in the cache and gets no memory of its own.
/// All must have an ElementCode and outputs of the same extents.
KernelWithValues make_chain(std::span<const KernelRequest* const> members);

}  // namespace gatefold::native
