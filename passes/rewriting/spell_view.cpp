#include "passes/rewriting/spell_view.h"

#include <algorithm>

namespace gatefold {
namespace {
using Ints = std::vector<std::int64_t>;
}

Value* spell(Rewriter& rewriter, const View& view) {
  Value* value = view.source;
  if (value->type().rank() == static_cast<std::int64_t>(view.rank()) && view == view_of(*value)) return value;
  const Shape& shape = *value->type().shape;
  const auto places = coordinates_of(view);
  assert(places);
  std::vector<std::size_t> order;  // view axis of each source axis
  Ints squeezed;
  Ints starts, ends, axes, steps;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    const ViewIndex& index = (*places)[axis];
    std::size_t from = view.rank();
    for (std::size_t k = 0; k < view.rank(); ++k)
      if (index.strides[k] != 0) from = k;
    Dim extent = from == view.rank() ? Dim(1) : view.extents[from];
    std::int64_t step = from == view.rank() ? 1 : index.strides[from];
    bool whole = index.offset == 0 && index.ends == 0 && step == 1 && extent.same_as(shape[axis]);
    if (!whole && !shape[axis].is(1)) {
      starts.push_back(index.offset);
      ends.push_back(index.offset + (extent.is_known() ? (extent.size() - 1) * step + (step > 0 ? 1 : -1) : 1 << 30));
      axes.push_back(axis);
      steps.push_back(step);
    }
    if (from == view.rank()) squeezed.push_back(axis);
    else order.push_back(from);
  }
  if (!axes.empty()) {
    std::vector<Value*> in{value, rewriter.add_ints(starts), rewriter.add_ints(ends), rewriter.add_ints(axes)};
    if (steps != Ints(steps.size(), 1)) in.push_back(rewriter.add_ints(steps));
    value = rewriter.add("Slice", in);
  }
  if (!squeezed.empty()) value = rewriter.add("Squeeze", {value, rewriter.add_ints(squeezed)});
  if (!std::is_sorted(order.begin(), order.end())) {
    std::vector<std::size_t> sorted = order;
    std::sort(sorted.begin(), sorted.end());
    Ints perm;
    for (auto k : sorted) perm.push_back(std::find(order.begin(), order.end(), k) - order.begin());
    value = rewriter.add("Transpose", {value}, {{"perm", perm}});
  }
  Ints added;
  for (std::size_t k = 0; k < view.rank(); ++k)
    if (std::find(order.begin(), order.end(), k) == order.end()) added.push_back(k);
  if (!added.empty()) value = rewriter.add("Unsqueeze", {value, rewriter.add_ints(added)});
  bool expands = false;
  Ints dims;
  for (std::size_t k = 0; k < view.rank(); ++k) {
    bool missing = std::find(order.begin(), order.end(), k) == order.end();
    expands = expands || (missing && !view.extents[k].is(1));
    dims.push_back(missing ? view.extents[k].size() : 1);
  }
  if (expands) value = rewriter.add("Expand", {value, rewriter.add_ints(dims)});
  return value;
}

}  // namespace gatefold
