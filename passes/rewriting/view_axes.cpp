#include "passes/rewriting/view_axes.h"

namespace gatefold {

View with_axes(const View& view, const std::vector<std::size_t>& axes) {
  View result{view.source, {}, view.runs};
  for (const std::size_t axis : axes) result.extents.push_back(view.extents[axis]);
  for (ViewIndex& index : result.runs) {
    const auto strides = index.strides;
    index.strides.resize(axes.size());
    for (std::size_t k = 0; k < axes.size(); ++k) index.strides[k] = strides[axes[k]];
  }
  return result;
}

std::optional<View> reversed(const View& view, std::size_t axis) {
  auto places = coordinates_of(view);
  if (!places) return std::nullopt;
  for (ViewIndex& index : *places) {
    const std::int64_t stride = index.strides[axis];
    if (stride == 0) continue;
    index.strides[axis] = -stride;
    if (view.extents[axis].is_known()) {
      index.offset += stride * (view.extents[axis].size() - 1);
    } else if (index.spare) {
      index.offset -= stride + (stride < 0 ? -*index.spare : *index.spare);
      index.ends += stride < 0 ? -1 : 1;
    } else {
      return std::nullopt;
    }
  }
  return view_at(*view.source, view.extents, *places);
}

}  // namespace gatefold
