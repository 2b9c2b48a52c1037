#pragma once

#include <optional>

#include "passes/rewriting/column_cut.h"
#include "passes/rewriting/rewrite.h"

namespace gatefold {

/// A ScatterND that replaces all of `data` within a range along one axis.
struct BoxUpdate {
  Value* data = nullptr;
  Value* updates = nullptr;  ///< Has the range's extent along the axis, and else those of `data`.
  std::int64_t axis = 0;
  IndexRange rows = {};
};

/// Reads a value as such an update; nothing when it is none or its place is not known.
std::optional<BoxUpdate> read_box_update(const Value& value, const Rewriter& rewriter);

}  // namespace gatefold
