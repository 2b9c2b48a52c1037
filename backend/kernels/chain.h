#pragma once

#include <memory>
#include <span>

#include "backend/kernel.h"
#include "ir/inline_vector.h"

namespace gatefold::native {

/// One kernel for several nodes, with the values that its buffers stand for.
struct KernelWithValues {
  std::unique_ptr<Kernel> kernel;
  InlineVector<const Value*> inputs;
  InlineVector<const Value*> outputs;
};

/// Makes a kernel that computes element-wise nodes, in their order, in one pass over memory: block
/// by block, so that what only these nodes read stays in the cache and gets no memory of its own.
/// All must have an ElementCode and outputs of the same extents.
KernelWithValues make_chain(std::span<const KernelRequest* const> members);

}  // namespace gatefold::native
