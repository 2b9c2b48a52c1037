#pragma once

#include "passes/rewriting/rewrite.h"
#include "passes/rewriting/sub_graphs.h"

namespace gatefold {

/// An index as a function of the iteration number i and the extent T of what is indexed:
/// iteration * i + extent * T + offset.
struct IndexForm {
  std::int64_t iteration = 0;
  std::int64_t extent = 0;
  std::int64_t offset = 0;

  bool operator==(const IndexForm&) const = default;
};

/// Reads a value of a Loop's body that holds one integer; nothing when it is something else.
std::optional<IndexForm> read_index(const Value& value, const LoopView& loop, const Dim& extent,
                                    const PassContext& context);

}  // namespace gatefold
