#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "backend/kernel.h"
#include "backend/plan/slot.h"

namespace gatefold {

/// Which elements of a tensor's memory another tensor is made of.
struct Placement {
  std::int64_t offset = 0;  ///< Of the first one, in elements.
  Dims strides;             ///< From one to the next along each axis, in elements.
};

/// True when strides walk the elements of a tensor from the first to the last in memory.
bool is_dense(const Dims& dims, const Dims& strides);

/// The memory of a value that is some of the elements of another one.
Slot slot_in(const Slot& whole, const Placement& part, const Type& type);

/// Whether outputs of the operator are views at least in some uses.
bool can_be_view(const OpDef& op);

/// Output `index` of a node as a view of its input 0, whose strides are given, when it is nothing
/// but some of that input's elements: Reshape, Transpose, Slice, ... Nothing otherwise.
std::optional<Placement> view_of(const KernelRequest& request, std::size_t index,
                                 const Dims& strides);

/// The inputs of a node as views of its output 0, whose strides are given, when all that the node
/// does is to put them there: Concat, Transpose, Reshape, ... Empty otherwise.
std::vector<Placement> parts_of(const KernelRequest& request, const Dims& strides);

}  // namespace gatefold
