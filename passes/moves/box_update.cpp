#include "passes/moves/box_update.h"

#include "passes/moves/index_columns.h"
#include "passes/rewriting/match.h"

namespace gatefold {
namespace {

// True when every axis of the tuples is counted along by the column of the same number, or has one
// element: then the updates lie as the box does.
bool follow_columns(const std::vector<Counting>& columns, const Shape& tuples) {
  if (columns.size() + 1 != tuples.size()) return false;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const bool counts = columns[i].axis == static_cast<std::int64_t>(i);
    if (columns[i].axis && !counts) return false;
    if (!counts && !tuples[i].is(1)) return false;
  }
  return true;
}

// What a column covers of an axis of `data`: all of it, a known range, or nothing that is known.
struct Cover {
  bool is_all = false;
  std::optional<IndexRange> rows = {};
};

Cover cover_of(const Counting& column, const Dim& count, const Dim& extent) {
  if (column.start == 0 && count.same_as(extent)) return {.is_all = true};
  if (!count.is_known() || !extent.is_known()) return {};
  const std::int64_t first = column.start < 0 ? column.start + extent.size() : column.start;
  const IndexRange rows{first, first + count.size()};
  if (first < 0 || rows.last > extent.size()) return {};
  return {.rows = rows};
}

}  // namespace

std::optional<BoxUpdate> read_box_update(const Value& value, const Rewriter& rewriter) {
  const Node* scatter = producer_of(&value, "ScatterND");
  if (scatter == nullptr || scatter->attr_string("reduction") != "none") return std::nullopt;
  const Type& data = scatter->input(0)->type();
  const Type& tuples = scatter->input(1)->type();
  const bool has_ranks =
      data.has_rank() && tuples.has_rank() && scatter->input(2)->type().has_rank();
  if (!has_ranks) return std::nullopt;
  const auto columns = index_columns(*scatter->input(1), rewriter);
  if (!columns || !follow_columns(*columns, *tuples.shape)) return std::nullopt;
  BoxUpdate update{.data = scatter->input(0), .updates = scatter->input(2)};
  bool is_found = false;
  for (std::size_t i = 0; i < columns->size(); ++i) {
    const Cover cover = cover_of((*columns)[i], (*tuples.shape)[i], (*data.shape)[i]);
    if (cover.is_all) continue;
    if (!cover.rows || is_found) return std::nullopt;
    is_found = true;
    update.axis = static_cast<std::int64_t>(i);
    update.rows = *cover.rows;
  }
  if (!is_found) {
    const Dim& extent = data.shape->front();
    if (columns->empty() || !extent.is_known()) return std::nullopt;
    update.rows = {0, extent.size()};
  }
  return update;
}

}  // namespace gatefold
