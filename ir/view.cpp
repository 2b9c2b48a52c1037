#include "ir/view.h"

#include <algorithm>
#include <cstdlib>

#include "ir/elements.h"
#include "ir/index.h"
#include "ir/op_def.h"

namespace gatefold {
namespace {

using Ints = std::vector<std::int64_t>;
using Coordinates = std::vector<ViewIndex>;

std::int64_t floor_of(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

/// Axes [begin, end) of a shape.
struct Run {
  std::size_t begin = 0;
  std::size_t end = 0;

  bool is_single(const Shape& shape) const {
    return std::all_of(shape.begin() + begin, shape.begin() + end,
                       [](const Dim& extent) { return extent.is(1); });
  }
  // The number of elements for each one along the first axis.
  std::int64_t inner_size(const Shape& shape) const {
    std::int64_t size = 1;
    for (std::size_t axis = begin + 1; axis < end; ++axis) size *= shape[axis].size();
    return size;
  }
  // Surely as long as another one.
  bool is_as_long(const Shape& shape, const Run& other, const Shape& other_shape) const {
    const Dim& extent = shape[begin];
    const Dim& other_extent = other_shape[other.begin];
    const std::int64_t size = inner_size(shape);
    const std::int64_t other_size = other.inner_size(other_shape);
    if (!extent.is_known()) return extent.same_as(other_extent) && size == other_size;
    return other_extent.is_known() && extent.size() * size == other_extent.size() * other_size;
  }
};

InlineVector<Run> runs_of(const Shape& shape) {
  InlineVector<Run> runs;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (axis == 0 || !shape[axis].is_known()) runs.push_back({axis, axis});
    runs.back().end = axis + 1;
  }
  return runs;
}

// The numbers of a view of integers, as a linear function of its coordinates: of constants,
// ranges and sums, so many times over at most.
std::optional<ViewIndex> numbers_of(View view, int depth) {
  view = origin_of(std::move(view));
  if (const auto numbers = known_ints(view.source)) {
    const ViewIndex place =
        view.runs.empty() ? ViewIndex::constant(0, view.rank()) : view.runs.front();
    const auto span = span_of(place, view.extents);
    if (!span || span->first < 0 || span->last >= std::ssize(*numbers)) return std::nullopt;
    return line_through(place, view.extents, [&](std::int64_t i) {
      return std::optional((*numbers)[static_cast<std::size_t>(i)]);
    });
  }
  const Node* node = view.source->producer();
  if (node == nullptr || !node->op().domain.empty() || depth == 0) return std::nullopt;
  ViewIndex sum = ViewIndex::constant(0, view.rank());
  if (node->op().name == "Range") {
    const auto start = known_ints(node->input(0));
    const auto step = known_ints(node->input(2));
    if (!start || !step || view.runs.front().ends != 0) return std::nullopt;
    sum.offset = start->front();
    sum.add(view.runs.front(), step->front());
  } else if (node->op().name == "Add") {
    for (Value* term : node->inputs()) {
      const auto part = term->type().has_rank() ? broadcast(view, *term) : std::nullopt;
      const auto line = part ? numbers_of(*part, depth - 1) : std::nullopt;
      if (!line) return std::nullopt;
      sum.add(*line, 1);
    }
  } else {
    return std::nullopt;
  }
  sum.spare = std::nullopt;
  return sum;
}

}  // namespace

ViewIndex ViewIndex::along(std::size_t axis, std::size_t rank) {
  ViewIndex index = constant(0, rank);
  index.strides[axis] = 1;
  return index;
}

void ViewIndex::add(const ViewIndex& index, std::int64_t factor) {
  offset += index.offset * factor;
  for (std::size_t k = 0; k < strides.size(); ++k) strides[k] += index.strides[k] * factor;
  if (!index.spare) spare = std::nullopt;
  if (spare) *spare += *index.spare * std::abs(factor);
}

View view_of(Value& value) {
  const Shape& shape = *value.type().shape;
  Coordinates coordinates;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    coordinates.push_back(ViewIndex::along(axis, shape.size()));
  }
  return view_at(value, shape, coordinates);
}

std::optional<std::vector<ViewIndex>> coordinates_of(const View& view) {
  return coordinates_of(view, *view.source->type().shape);
}

std::optional<std::vector<ViewIndex>> coordinates_of(const View& view, const Shape& shape) {
  Coordinates coordinates(shape.size());
  std::size_t number = 0;
  for (const Run& run : runs_of(shape)) {
    ViewIndex index = view.runs[number++];
    for (std::size_t axis = run.end - 1; axis > run.begin; --axis) {
      auto division = divide(index, shape[axis].size(), view.extents);
      if (!division) return std::nullopt;
      coordinates[axis] = std::move(division->rest);
      index = std::move(division->quotient);
    }
    coordinates[run.begin] = std::move(index);
  }
  return coordinates;
}

View view_at(Value& source, Shape extents, const std::vector<ViewIndex>& coordinates) {
  const Shape& shape = *source.type().shape;
  View view{&source, std::move(extents)};
  for (const Run& run : runs_of(shape)) {
    ViewIndex index = ViewIndex::constant(0, view.rank());
    std::int64_t size = 1;
    for (std::size_t axis = run.end; axis-- > run.begin;) {
      const ViewIndex& place = coordinates[axis];
      index.add(place, size);
      if (shape[axis].is_known()) {
        index.offset += place.ends * shape[axis].size() * size;
        size *= shape[axis].size();
      } else {
        index.ends = place.ends;
      }
    }
    for (std::size_t k = 0; k < view.rank(); ++k) {
      if (view.extents[k].is(1)) index.strides[k] = 0;
    }
    view.runs.push_back(std::move(index));
  }
  return view;
}

std::optional<View> reshaped(const View& view, Value& source, bool adds_units) {
  const Shape& from = *view.source->type().shape;
  const Shape& to = *source.type().shape;
  const auto targets = runs_of(to);
  View result{&source, view.extents,
              Coordinates(targets.size(), ViewIndex::constant(0, view.rank()))};
  std::size_t target = 0;
  const auto skip_single = [&] {
    while (target < targets.size() && targets[target].is_single(to)) ++target;
  };
  // Of one pair, equal lengths follow from those of the others.
  int assumed = adds_units ? -static_cast<int>(from.size()) : 0;
  std::size_t number = 0;
  for (const Run& run : runs_of(from)) {
    const ViewIndex& index = view.runs[number++];
    if (run.is_single(from)) continue;
    skip_single();
    if (target == targets.size()) return std::nullopt;
    assumed += run.is_as_long(from, targets[target], to) ? 0 : 1;
    result.runs[target++] = index;
  }
  skip_single();
  return target == targets.size() && assumed <= 1 ? std::optional(result) : std::nullopt;
}

std::optional<IndexSpan> span_of(const ViewIndex& index, const Shape& extents) {
  if (index.ends != 0) return std::nullopt;
  IndexSpan span{index.offset, index.offset};
  for (std::size_t k = 0; k < index.strides.size(); ++k) {
    if (index.strides[k] == 0) continue;
    if (!extents[k].is_known()) return std::nullopt;
    const std::int64_t reach = index.strides[k] * std::max<std::int64_t>(extents[k].size() - 1, 0);
    (reach < 0 ? span.first : span.last) += reach;
  }
  return span;
}

std::optional<IndexDivision> divide(const ViewIndex& index, std::int64_t size,
                                    const Shape& extents) {
  if (size < 1) return std::nullopt;
  IndexDivision result{index, ViewIndex::constant(0, index.strides.size())};
  const std::int64_t offset = floor_of(index.offset, size);
  result.quotient.offset = offset;
  result.rest.offset = index.offset - offset * size;
  for (std::size_t k = 0; k < index.strides.size(); ++k) {
    result.quotient.strides[k] = index.strides[k] / size;
    result.rest.strides[k] = index.strides[k] % size;
  }
  if (index.spare) {
    result.quotient.spare =
        *index.spare % size == 0 ? std::optional(*index.spare / size) : std::nullopt;
  }
  const auto span = span_of(result.rest, extents);
  const bool fits = span && span->first >= 0 && span->last < size;
  return fits ? std::optional(result) : std::nullopt;
}

std::optional<View> broadcast(const View& result, Value& operand) {
  const Shape& shape = *result.source->type().shape;
  const Shape& extents = *operand.type().shape;
  auto places = coordinates_of(result);
  if (!places) return std::nullopt;
  const std::size_t added = shape.size() - extents.size();
  places->erase(places->begin(), places->begin() + static_cast<std::ptrdiff_t>(added));
  for (std::size_t axis = 0; axis < extents.size(); ++axis) {
    const bool is_known = extents[axis].is_known() || extents[axis].same_as(shape[added + axis]);
    if (!is_known) return std::nullopt;
    if (extents[axis].is(1)) (*places)[axis] = ViewIndex::constant(0, result.rank());
  }
  return view_at(operand, result.extents, *places);
}

std::optional<ViewIndex> line_through(
    const ViewIndex& place, const Shape& extents,
    const std::function<std::optional<std::int64_t>(std::int64_t)>& number) {
  const auto first = number(place.offset);
  if (!first) return std::nullopt;
  ViewIndex line = ViewIndex::constant(*first, extents.size());
  Dims counts(extents.size(), 1);
  for (std::size_t k = 0; k < extents.size(); ++k) {
    if (place.strides[k] == 0) continue;
    counts[k] = extents[k].size();
    if (counts[k] < 2) continue;
    const auto next = number(place.offset + place.strides[k]);
    if (!next) return std::nullopt;
    line.strides[k] = *next - *first;
  }
  bool is_straight = true;
  for_each_index<2>(counts, {place.strides, line.strides}, [&](const auto& at) {
    is_straight = is_straight && number(place.offset + at[0]) == *first + at[1];
  });
  return is_straight ? std::optional(line) : std::nullopt;
}

std::optional<ViewIndex> indices_of(const View& view) {
  constexpr int kMostSums = 4;
  auto numbers = numbers_of(view, kMostSums);
  if (!numbers) return std::nullopt;
  std::int64_t lowest = numbers->offset;
  for (std::size_t k = 0; k < view.rank(); ++k) {
    if (numbers->strides[k] >= 0) continue;
    if (!view.extents[k].is_known()) return std::nullopt;
    lowest += numbers->strides[k] * (view.extents[k].size() - 1);
  }
  if (lowest >= 0) return numbers;
  const auto span = span_of(*numbers, view.extents);
  numbers->ends = 1;
  return span && span->last < 0 ? numbers : std::nullopt;
}

View part_of(const View& view, std::size_t axis, std::int64_t first, Dim extent,
             std::int64_t step) {
  View part = view;
  part.extents[axis] = extent;
  for (ViewIndex& index : part.runs) {
    index.offset += first * index.strides[axis];
    index.strides[axis] = extent.is(1) ? 0 : index.strides[axis] * step;
  }
  return part;
}

std::optional<std::vector<std::int64_t>> known_ints(const Value* value) {
  if (value == nullptr || value->kind() == Value::Kind::kParameter) return std::nullopt;
  if (value->has_data()) {
    return is_float(value->type().dtype) ? std::nullopt : std::optional(value->data()->to_int64());
  }
  const auto elements = elements_of(*value);
  if (!elements) return std::nullopt;
  Ints numbers;
  for (const Element& element : *elements) {
    if (!element.number) return std::nullopt;
    numbers.push_back(*element.number);
  }
  return numbers;
}

std::optional<View> view_through(const View& inner, Shape extents,
                                 const std::vector<ViewIndex>& coordinates) {
  const auto indices = coordinates_of(inner);
  if (!indices) return std::nullopt;
  Coordinates places;
  for (const ViewIndex& index : *indices) {
    ViewIndex place = ViewIndex::constant(index.offset, extents.size());
    place.ends = index.ends;
    place.spare = index.spare;
    for (std::size_t k = 0; k < inner.rank(); ++k) {
      if (index.strides[k] == 0) continue;
      const bool keeps_end = index == ViewIndex::along(k, inner.rank());
      if (coordinates[k].ends != 0 && !keeps_end) return std::nullopt;
      place.ends += coordinates[k].ends;
      place.add(coordinates[k], index.strides[k]);
    }
    places.push_back(std::move(place));
  }
  return view_at(*inner.source, std::move(extents), places);
}

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

std::optional<View> joined(const View& first, const View& second, std::size_t axis) {
  const bool fit = first.source == second.source && first.rank() == second.rank();
  if (!fit || !first.extents[axis].is_known()) return std::nullopt;
  const std::int64_t count = first.extents[axis].size();
  const Dim& rest = second.extents[axis];
  View result = first;
  result.extents[axis] = rest.is_known() ? Dim(count + rest.size()) : Dim();
  for (std::size_t run = 0; run < first.runs.size(); ++run) {
    ViewIndex& index = result.runs[run];
    ViewIndex next = second.runs[run];
    const std::int64_t distance = next.offset - index.offset;
    if (count == 1) index.strides[axis] = distance;
    const std::int64_t stride = index.strides[axis];
    if (rest.is(1)) next.strides[axis] = stride;
    const bool follows = distance == stride * count && index.ends == next.ends;
    if (!follows || index.strides != next.strides) return std::nullopt;
    if (!rest.is_known() && stride != 0) {
      index.spare = next.spare;
      if (next.spare) *index.spare -= std::abs(stride) * count;
    }
  }
  return result;
}

}  // namespace gatefold
