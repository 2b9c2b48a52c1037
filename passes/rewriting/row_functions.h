#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "ir/graph.h"

namespace gatefold {

/// True where a function makes the entries of its result along an axis one by one of those that
/// input `port` has along its own, and what else it reads is the same for all of them. `behind`
/// axes follow that axis in both; with `is_new` the input and the result get it in addition, which
/// can be asked of any place.
bool works_along(const Node& node, std::size_t port, std::int64_t behind, bool is_new);

/// The input of which a function takes row by row, along the last axis; nothing for others.
std::optional<std::size_t> row_input(const Node& node);

}  // namespace gatefold
