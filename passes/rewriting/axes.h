#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ir/graph.h"
#include "passes/rewriting/rewrite.h"

namespace gatefold {

/// An axis counted from the front.
std::int64_t positive_axis(std::int64_t axis, std::int64_t rank);

/// A list of integers that is known while compiling, else nothing; also for a missing value.
std::optional<std::vector<std::int64_t>> constant_ints(const Rewriter& rewriter,
                                                       const Value* value);

/// The axes that a Squeeze takes away or an Unsqueeze adds, counted from the front and sorted.
std::optional<std::vector<std::int64_t>> moved_axes(const Node& node, const Rewriter& rewriter);

/// The permutation that takes axis `from` to place `to` and leaves the others in their order.
std::vector<std::int64_t> moving_axis(std::int64_t rank, std::int64_t from, std::int64_t to);

/// Where each axis of a Transpose's result comes from; empty where it has no perm and the rank of
/// its input is not known.
std::vector<std::int64_t> permutation_of(const Node& transpose);

}  // namespace gatefold
