#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "passes/rewriting/rewrite.h"

namespace gatefold {

/// A tensor of integers that counts along one of its axes: element p is start + p[axis]; start
/// everywhere without an axis.
struct Counting {
  std::int64_t start = 0;
  std::optional<std::int64_t> axis = {};
};

/// The columns of index tuples [.., k], whether constant or made of ranges; nothing when one of
/// them does not count along an axis.
std::optional<std::vector<Counting>> index_columns(const Value& tuples, const Rewriter& rewriter);

}  // namespace gatefold
