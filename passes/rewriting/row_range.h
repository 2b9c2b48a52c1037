#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "passes/rewriting/column_cut.h"
#include "passes/rewriting/rewrite.h"

namespace gatefold {

/// RowRange::last of all rows to an end that is not known.
inline constexpr std::int64_t kToTheEnd = std::numeric_limits<std::int64_t>::max();

/// Elements [first, last) along one axis of a value; `drops_axis` when that axis is then gone.
struct RowRange {
  Value* source = nullptr;
  std::int64_t axis = 0;
  std::int64_t first = 0;
  std::int64_t last = 0;
  bool drops_axis = false;
};

/// Reads a value as a range of rows of another one, whichever operator cuts them out; nothing when
/// the rows are not known.
std::optional<RowRange> read_row_range(const Value& value, const Rewriter& rewriter);

/// Rows along an axis of a value: the value itself where these are all.
Value* cut_rows(Rewriter& rewriter, Value* value, std::int64_t axis, IndexRange rows);

}  // namespace gatefold
