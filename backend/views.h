#pragma once

#include <cstddef>
#include <optional>

#include "backend/kernel.h"

namespace gatefold {

/// Whether outputs of the operator are views at least in some uses.
bool can_be_view(const OpDef& op);

/// Byte offset at which output `index` of a node lies inside its input 0, when it is nothing but a
/// part of that input's memory: Reshape, Squeeze, a Slice of leading rows, ... Nothing otherwise.
std::optional<std::size_t> view_offset(const KernelRequest& request, std::size_t index);

}  // namespace gatefold
