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

/// A kernel whose outputs' elements can be computed in any parts.
class RangeKernel : public Kernel {
 public:
  /// Computes elements [begin, end) of all outputs. Every thread, from 0 on, has its part of the
  /// scratch memory.
  virtual void run_range(const Buffers& buffers, std::int64_t begin, std::int64_t end,
                         int thread) const = 0;
  /// Scratch memory for this many threads.
  virtual std::size_t scratch_bytes_of(int threads) const = 0;
};

/// The same with a kernel that computes ranges.
struct RangeKernelWithValues {
  std::unique_ptr<RangeKernel> kernel;
  InlineVector<const Value*> inputs;
  InlineVector<const Value*> outputs;
};

/// Makes a kernel that computes element-wise nodes, in their order, in one pass over memory: block
/// by block, so that what only these nodes read stays in the cache and gets no memory of its own.
/// All must have an ElementCode and outputs of the same extents.
RangeKernelWithValues make_range_chain(std::span<const KernelRequest* const> members);
KernelWithValues make_chain(std::span<const KernelRequest* const> members);

}  // namespace gatefold::native
