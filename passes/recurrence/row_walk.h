#pragma once

#include <optional>
#include <unordered_set>

#include "ir/view.h"

namespace gatefold {

/// What stands behind the moves that a view [N, H] is read through, and what values the graph has
/// on the way.
struct RowWalk {
  View end;
  std::optional<View> whole = {};  ///< The last value that holds just the elements of the view.
  Value* row = nullptr;            ///< The last value [.., N, .., C] whose rows hold them.
  ViewIndex columns = {};          ///< Where in these rows.
};

/// Follows a view through moves, but through none that makes one of `stops`.
RowWalk walk_rows(View view, const std::unordered_set<const Value*>& stops);

}  // namespace gatefold
