#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "ir/view.h"
#include "passes/rewriting/column_cut.h"
#include "passes/rewriting/rewrite.h"

namespace gatefold {

/// RowRange::last for all rows up to an end that is not known.
inline constexpr std::int64_t kToTheEnd = std::numeric_limits<std::int64_t>::max();

/// The rows [first, last) of a value: its entries along `axis`, whichever axis that is.
/// `drops_axis` says that the axis is removed afterwards.
struct RowRange {
  Value* source = nullptr;
  std::int64_t axis = 0;
  std::int64_t first = 0;
  std::int64_t last = 0;
  bool drops_axis = false;
};

/// Reads a value as a range of rows of another value, whichever operator cuts them out; nothing
/// when the rows are not known.
std::optional<RowRange> read_row_range(const Value& value, const Rewriter& rewriter);

/// Returns values one behind the other along an axis, with `stacks` an axis that they get for it,
/// as one view; nothing where they do not follow each other in one value. A final state of a
/// recurrence counts as the row of all states that it is.
std::optional<View> joined_rows(const std::vector<Value*>& parts, std::int64_t axis, bool stacks);

/// Returns rows along an axis of a value: the value itself if these are all of them.
Value* cut_rows(Rewriter& rewriter, Value* value, std::int64_t axis, IndexRange rows);

}  // namespace gatefold
