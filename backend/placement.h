#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "backend/kernel.h"

namespace gatefold {

/// Which elements of a tensor's memory another tensor is made of: a view (ir/view.h) whose extents
/// are all known.
struct Placement {
  std::int64_t offset = 0;  ///< Of the first one, in elements.
  Dims strides;             ///< From one to the next along each axis, in elements.
};

/// True when strides walk the elements of a tensor from the first to the last in memory.
bool is_dense(const Dims& dims, const Dims& strides);

/// Whether outputs of the operator are such elements at least in some uses.
bool can_be_view(const OpDef& op);

/// Output `index` of a node as elements of its input 0, whose strides are given, when it is nothing
/// but those: Reshape, Transpose, Slice, ..., also Expand, which repeats them. Nothing otherwise.
std::optional<Placement> view_of(const KernelRequest& request, std::size_t index,
                                 const Dims& strides);

/// The inputs of a node as elements of its output 0, whose strides are given, when all that the
/// node does is to put them there: Concat, Transpose, Reshape, ... Empty otherwise.
std::vector<Placement> parts_of(const KernelRequest& request, const Dims& strides);

}  // namespace gatefold
