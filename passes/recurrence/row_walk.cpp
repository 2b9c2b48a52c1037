#include "passes/recurrence/row_walk.h"

#include <utility>

namespace gatefold {
namespace {

constexpr std::size_t kRow = 0;
constexpr std::size_t kUnit = 1;

// The columns that a view reads of a value [.., N, .., C] whose rows are those of the view.
std::optional<ViewIndex> columns_of(const View& view) {
  const Shape& shape = *view.source->type().shape;
  const auto places = coordinates_of(view);
  if (!places || shape.empty() || !shape.back().is_known()) return std::nullopt;
  const ViewIndex& columns = places->back();
  if (columns.ends != 0 || columns.strides[kRow] != 0) return std::nullopt;
  bool has_rows = view.extents[kRow].is(1);
  for (std::size_t axis = 0; axis + 1 < shape.size(); ++axis) {
    const ViewIndex& index = (*places)[axis];
    if (shape[axis].is(1)) continue;
    const bool is_row_axis = !has_rows && index == ViewIndex{.strides = {1, 0}} &&
                             shape[axis].same_as(view.extents[kRow]);
    if (!is_row_axis) return std::nullopt;
    has_rows = true;
  }
  return has_rows ? std::optional(columns) : std::nullopt;
}

bool are_all_columns(const View& view, const ViewIndex& columns) {
  const std::int64_t stride = view.extents[kUnit].is(1) ? 0 : 1;
  return columns == ViewIndex{.strides = {0, stride}} &&
         view.source->type().shape->back().same_as(view.extents[kUnit]);
}

}  // namespace

RowWalk walk_rows(View view, const std::unordered_set<const Value*>& stops) {
  RowWalk walk{std::move(view)};
  while (true) {
    if (const auto columns = columns_of(walk.end)) {
      walk.row = walk.end.source;
      walk.columns = *columns;
      if (are_all_columns(walk.end, *columns)) walk.whole = walk.end;
    }
    if (stops.contains(walk.end.source)) return walk;
    auto next = behind(walk.end);
    if (!next) return walk;
    walk.end = std::move(*next);
  }
}

}  // namespace gatefold
