#include "ir/view.h"

#include <algorithm>
#include <limits>
#include <string_view>

#include "ir/elements.h"
#include "ir/op_def.h"

namespace gatefold {
namespace {

using Ints = std::vector<std::int64_t>;
using Coordinates = std::vector<ViewIndex>;
using Result = std::optional<View>;

std::int64_t positive(std::int64_t axis, std::int64_t rank) {
  return axis < 0 ? axis + rank : axis;
}

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
  std::optional<std::int64_t> length(const Shape& shape) const {
    const Dim& first = shape[begin];
    return first.is_known() ? std::optional(first.size() * inner_size(shape)) : std::nullopt;
  }
};

std::vector<Run> runs_of(const Shape& shape) {
  std::vector<Run> runs;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (axis == 0 || !shape[axis].is_known()) runs.push_back({axis, axis});
    runs.back().end = axis + 1;
  }
  return runs;
}

ViewIndex constant_index(std::int64_t offset, std::size_t rank) {
  return {.offset = offset, .strides = Ints(rank, 0)};
}

ViewIndex axis_index(std::size_t axis, std::size_t rank) {
  ViewIndex index = constant_index(0, rank);
  index.strides[axis] = 1;
  return index;
}

void add(ViewIndex& sum, const ViewIndex& index, std::int64_t factor) {
  sum.offset += index.offset * factor;
  for (std::size_t k = 0; k < sum.strides.size(); ++k) {
    sum.strides[k] += index.strides[k] * factor;
  }
}

// index = quotient * size + rest with 0 <= rest < size at every element; nothing where that is not
// linear.
struct Division {
  ViewIndex quotient;
  ViewIndex rest;
};

std::optional<Division> divide(const ViewIndex& index, std::int64_t size, const Shape& extents) {
  Division result{index, constant_index(index.offset, index.strides.size())};
  std::int64_t lowest = 0;
  std::int64_t highest = 0;
  for (std::size_t k = 0; k < index.strides.size(); ++k) {
    if (extents[k].is(1)) continue;
    const std::int64_t stride = index.strides[k] % size;
    result.quotient.strides[k] = index.strides[k] / size;
    result.rest.strides[k] = stride;
    if (stride == 0) continue;
    if (!extents[k].is_known()) return std::nullopt;
    (stride < 0 ? lowest : highest) += stride * (extents[k].size() - 1);
  }
  result.quotient.offset = floor_of(index.offset, size);
  result.rest.offset = index.offset - result.quotient.offset * size;
  const bool fits = result.rest.offset + lowest >= 0 && result.rest.offset + highest < size;
  return fits ? std::optional(result) : std::nullopt;
}

// Integers that are constants.
std::optional<Ints> ints_of(const Value* value) {
  if (value == nullptr || value->kind() == Value::Kind::kParameter) return std::nullopt;
  const auto elements = elements_of(*value);
  if (!elements) return std::nullopt;
  Ints numbers;
  for (const Element& element : *elements) {
    if (!element.number) return std::nullopt;
    numbers.push_back(*element.number);
  }
  return numbers;
}

/// A view with its coordinates in the result of a node, whose producer is looked at.
struct Reading {
  const View& view;
  const Node& node;
  Coordinates coordinates;

  Value* input(std::size_t index = 0) const { return node.input(index); }
  std::int64_t rank() const { return std::ssize(coordinates); }
  std::size_t axis() const {
    return static_cast<std::size_t>(positive(node.attr_int("axis"), rank()));
  }
  View in(Value& source, const Coordinates& places) const {
    return view_at(source, view.extents, places);
  }
};

// Puts 0 for the coordinates of axes along which the source is repeated.
Result broadcast(const Reading& reading) {
  const Shape& source = *reading.input()->type().shape;
  const Shape& result = *reading.view.source->type().shape;
  Coordinates places(reading.coordinates.end() - std::ssize(source), reading.coordinates.end());
  for (std::size_t axis = 0; axis < source.size(); ++axis) {
    const Dim& repeated = result[result.size() - source.size() + axis];
    if (source[axis].is(1)) {
      places[axis] = constant_index(0, reading.view.rank());
    } else if (!source[axis].same_as(repeated) && source[axis].is_known() != repeated.is_known()) {
      return std::nullopt;
    }
  }
  return reading.in(*reading.input(), places);
}

Result concat(const Reading& reading) {
  const std::size_t axis = reading.axis();
  const auto span = span_of(reading.coordinates[axis], reading.view.extents);
  std::int64_t first = 0;
  for (Value* part : reading.node.inputs()) {
    if (!span || !part->type().has_rank() || !(*part->type().shape)[axis].is_known()) break;
    const std::int64_t extent = (*part->type().shape)[axis].size();
    if (span->first >= first && span->last < first + extent) {
      Coordinates places = reading.coordinates;
      places[axis].offset -= first;
      return reading.in(*part, places);
    }
    first += extent;
  }
  return std::nullopt;
}

// One entry, or entries equal steps apart.
Result gather(const Reading& reading) {
  Value* source = reading.input();
  const Type& indices = reading.input(1)->type();
  const auto entries = ints_of(reading.input(1));
  if (!entries || entries->empty() || !indices.has_rank() || indices.rank() > 1) {
    return std::nullopt;
  }
  const auto axis =
      static_cast<std::size_t>(positive(reading.node.attr_int("axis"), source->type().rank()));
  const std::int64_t step = entries->size() > 1 ? (*entries)[1] - entries->front() : 1;
  for (std::size_t i = 0; i < entries->size(); ++i) {
    if ((*entries)[i] != entries->front() + static_cast<std::int64_t>(i) * step)
      return std::nullopt;
    if (((*entries)[i] < 0) != (entries->front() < 0)) return std::nullopt;
  }
  ViewIndex place = constant_index(entries->front(), reading.view.rank());
  if (entries->front() < 0) place.ends = 1;
  Coordinates places = reading.coordinates;
  if (indices.rank() == 0) {
    places.insert(places.begin() + static_cast<std::ptrdiff_t>(axis), place);
  } else {
    if (places[axis].ends != 0) return std::nullopt;
    add(place, places[axis], step);
    places[axis] = place;
  }
  return reading.in(*source, places);
}

Result identity(const Reading& reading) {
  return reading.in(*reading.input(), reading.coordinates);
}

// The part inside of what is added around it.
Result pad(const Reading& reading) {
  const auto pads = ints_of(reading.input(1));
  const Shape& source = *reading.input()->type().shape;
  const bool is_plain =
      reading.node.attr_string("mode") == "constant" && reading.input(3) == nullptr;
  if (!pads || pads->size() != 2 * source.size() || !is_plain) return std::nullopt;
  Coordinates places = reading.coordinates;
  for (std::size_t axis = 0; axis < source.size(); ++axis) {
    if ((*pads)[axis] == 0 && (*pads)[source.size() + axis] == 0) continue;
    const auto span = span_of(places[axis], reading.view.extents);
    places[axis].offset -= (*pads)[axis];
    const bool is_inside = span && source[axis].is_known() && span->first >= (*pads)[axis] &&
                           span->last < (*pads)[axis] + source[axis].size();
    if (!is_inside) return std::nullopt;
  }
  return reading.in(*reading.input(), places);
}

// Sequences that are reversed as a whole, as lengths say that are the extent itself.
Result reverse_sequence(const Reading& reading) {
  const auto axis = static_cast<std::size_t>(reading.node.attr_int("time_axis"));
  const Dim& extent = (*reading.input()->type().shape)[axis];
  const auto lengths = elements_of(*reading.input(1));
  const bool is_whole =
      lengths && !lengths->empty() &&
      std::all_of(lengths->begin(), lengths->end(), [&](const Element& length) {
        return length == Element::of(extent) && (length.number || !length.symbol.empty());
      });
  if (!is_whole || reading.coordinates[axis].ends != 0) return std::nullopt;
  Coordinates places = reading.coordinates;
  places[axis] = constant_index(-1, reading.view.rank());
  places[axis].ends = 1;
  add(places[axis], reading.coordinates[axis], -1);
  return reading.in(*reading.input(), places);
}

Result slice(const Reading& reading) {
  const auto starts = ints_of(reading.input(1));
  const auto axes = reading.input(3) == nullptr ? Ints() : ints_of(reading.input(3));
  const auto steps = reading.input(4) == nullptr ? Ints() : ints_of(reading.input(4));
  if (!starts || !axes || !steps) return std::nullopt;
  const Shape& source = *reading.input()->type().shape;
  Coordinates places = reading.coordinates;
  for (std::size_t i = 0; i < starts->size(); ++i) {
    const auto axis = static_cast<std::size_t>(reading.input(3) == nullptr
                                                   ? static_cast<std::int64_t>(i)
                                                   : positive((*axes)[i], std::ssize(source)));
    const std::int64_t step = reading.input(4) == nullptr ? 1 : (*steps)[i];
    const std::int64_t start = (*starts)[i];
    ViewIndex place = constant_index(start, reading.view.rank());
    if (source[axis].is_known()) {
      const std::int64_t extent = source[axis].size();
      place.offset = std::clamp<std::int64_t>(start < 0 ? start + extent : start, step < 0 ? -1 : 0,
                                              step < 0 ? extent - 1 : extent);
    } else if (step < 0 && start >= std::numeric_limits<std::int32_t>::max()) {
      place.offset = -1;
      place.ends = 1;
    } else if (start < 0) {
      place.ends = 1;
    }
    if (places[axis].ends != 0) return std::nullopt;
    add(place, places[axis], step);
    places[axis] = place;
  }
  return reading.in(*reading.input(), places);
}

Result split(const Reading& reading) {
  const std::size_t axis = reading.axis();
  std::int64_t first = 0;
  for (std::size_t i = 0; i < reading.view.source->output_index(); ++i) {
    const Value* before = reading.node.output(i);
    const bool is_known =
        before != nullptr && before->type().has_rank() && (*before->type().shape)[axis].is_known();
    if (!is_known) return std::nullopt;
    first += (*before->type().shape)[axis].size();
  }
  Coordinates places = reading.coordinates;
  if (places[axis].ends != 0) return std::nullopt;
  places[axis].offset += first;
  return reading.in(*reading.input(), places);
}

// The first of the repetitions that holds all elements.
Result tile(const Reading& reading) {
  const Shape& source = *reading.input()->type().shape;
  const Shape& result = *reading.view.source->type().shape;
  Coordinates places = reading.coordinates;
  for (std::size_t axis = 0; axis < source.size(); ++axis) {
    if (source[axis].is(1)) {
      places[axis] = constant_index(0, reading.view.rank());
      continue;
    }
    if (source[axis].same_as(result[axis])) continue;
    if (!source[axis].is_known()) return std::nullopt;
    const auto division = divide(places[axis], source[axis].size(), reading.view.extents);
    if (!division || places[axis].ends != 0) return std::nullopt;
    places[axis] = division->rest;
  }
  return reading.in(*reading.input(), places);
}

Result transpose(const Reading& reading) {
  const Ints& perm = reading.node.attr_ints("perm");
  Coordinates places(reading.coordinates.size());
  for (std::size_t axis = 0; axis < places.size(); ++axis) {
    const std::size_t from =
        perm.empty() ? places.size() - 1 - axis : static_cast<std::size_t>(perm[axis]);
    places[from] = reading.coordinates[axis];
  }
  return reading.in(*reading.input(), places);
}

// The coordinate within a box of an axis, or how far before or behind it.
enum class Place : std::int8_t { kInside, kOutside, kUnknown };

Place place_in(const ViewIndex& index, IndexSpan box, const Shape& extents) {
  const auto span = span_of(index, extents);
  if (!span) return Place::kUnknown;
  if (span->first >= box.first && span->last <= box.last) return Place::kInside;
  return span->last < box.first || span->first > box.last ? Place::kOutside : Place::kUnknown;
}

// Rows [first, ..] of axis 0 that are replaced one by one, in order.
Result scatter_nd(const Reading& reading) {
  const auto rows = ints_of(reading.input(1));
  const Type& tuples = reading.input(1)->type();
  const Shape& source = *reading.input()->type().shape;
  if (!rows || rows->empty() || !tuples.is_static() || tuples.dims().back() != 1 ||
      !source.front().is_known() || reading.node.attr_string("reduction") != "none") {
    return std::nullopt;
  }
  const std::int64_t first = positive(rows->front(), source.front().size());
  for (std::size_t i = 0; i < rows->size(); ++i) {
    const std::int64_t row = positive((*rows)[i], source.front().size());
    if (row != first + static_cast<std::int64_t>(i)) return std::nullopt;
  }
  const IndexSpan box{first, first + std::ssize(*rows) - 1};
  switch (place_in(reading.coordinates.front(), box, reading.view.extents)) {
    case Place::kUnknown:
      return std::nullopt;
    case Place::kOutside:
      return reading.in(*reading.input(), reading.coordinates);
    case Place::kInside:
      break;
  }
  if (tuples.rank() != 2) return std::nullopt;
  Coordinates places = reading.coordinates;
  places.front().offset -= first;
  return reading.in(*reading.input(2), places);
}

struct Rule {
  std::string_view op;
  Result (*behind)(const Reading& reading);
};

constexpr Rule kRules[] = {
    {"Concat", concat},
    {"Expand", broadcast},
    {"Gather", gather},
    {"Identity", identity},
    {"Pad", pad},
    {"ReverseSequence", reverse_sequence},
    {"ScatterND", scatter_nd},
    {"Slice", slice},
    {"Split", split},
    {"Tile", tile},
    {"Transpose", transpose},
};

constexpr std::string_view kReshapes[] = {"Flatten", "Reshape", "Squeeze", "Unsqueeze"};

// What keeps the order of all elements: the runs stay, as far as they are longer than 1. Of one
// pair, equal lengths follow from those of the others.
Result behind_reshape(const View& view, Value& source) {
  const Shape& from = *view.source->type().shape;
  const Shape& to = *source.type().shape;
  const std::vector<Run> targets = runs_of(to);
  View result{&source, view.extents, Coordinates(targets.size(), constant_index(0, view.rank()))};
  auto target = targets.begin();
  const auto skip_single = [&] {
    while (target != targets.end() && target->is_single(to)) ++target;
  };
  int assumed = 0;
  std::size_t number = 0;
  for (const Run& run : runs_of(from)) {
    const ViewIndex& index = view.runs[number++];
    if (run.is_single(from)) continue;
    skip_single();
    if (target == targets.end()) return std::nullopt;
    const auto length = run.length(from);
    const bool is_same = length ? length == target->length(to)
                                : from[run.begin].same_as(to[target->begin]) &&
                                      run.inner_size(from) == target->inner_size(to);
    assumed += is_same ? 0 : 1;
    result.runs[static_cast<std::size_t>(target - targets.begin())] = index;
    ++target;
  }
  skip_single();
  return target == targets.end() && assumed <= 1 ? std::optional(result) : std::nullopt;
}

bool is_one_of(std::string_view op, std::span<const std::string_view> ops) {
  return std::find(ops.begin(), ops.end(), op) != ops.end();
}

}  // namespace

View view_of(Value& value) {
  const Shape& shape = *value.type().shape;
  Coordinates coordinates;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    coordinates.push_back(axis_index(axis, shape.size()));
  }
  return view_at(value, shape, coordinates);
}

std::optional<std::vector<ViewIndex>> coordinates_of(const View& view) {
  const Shape& shape = *view.source->type().shape;
  Coordinates coordinates(shape.size());
  std::size_t number = 0;
  for (const Run& run : runs_of(shape)) {
    ViewIndex index = view.runs[number++];
    for (std::size_t axis = run.end - 1; axis > run.begin; --axis) {
      auto division =
          shape[axis].size() == 0 ? std::nullopt : divide(index, shape[axis].size(), view.extents);
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
    ViewIndex index = constant_index(0, view.rank());
    std::int64_t size = 1;
    for (std::size_t axis = run.end; axis-- > run.begin;) {
      const ViewIndex& place = coordinates[axis];
      add(index, place, size);
      if (place.ends != 0) {
        const bool is_first = axis == run.begin && !shape[axis].is_known();
        if (is_first)
          index.ends += place.ends;
        else
          index.offset += place.ends * shape[axis].size() * size;
      }
      if (axis > run.begin) size *= shape[axis].size();
    }
    for (std::size_t k = 0; k < view.rank(); ++k) {
      if (view.extents[k].is(1)) index.strides[k] = 0;
    }
    view.runs.push_back(std::move(index));
  }
  return view;
}

std::optional<IndexSpan> span_of(const ViewIndex& index, const Shape& extents) {
  if (index.ends != 0) return std::nullopt;
  IndexSpan span{index.offset, index.offset};
  for (std::size_t k = 0; k < index.strides.size(); ++k) {
    if (index.strides[k] == 0) continue;
    if (!extents[k].is_known()) return std::nullopt;
    const std::int64_t reach = index.strides[k] * (extents[k].size() - 1);
    (reach < 0 ? span.first : span.last) += reach;
  }
  return span;
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

std::optional<View> behind(const View& view) {
  const Node* node = view.source->producer();
  if (node == nullptr || !node->op().domain.empty()) return std::nullopt;
  const std::string_view op = node->op().name;
  const auto* rule = std::find_if(std::begin(kRules), std::end(kRules),
                                  [&](const Rule& candidate) { return candidate.op == op; });
  const bool is_reshape = is_one_of(op, kReshapes);
  if (rule == std::end(kRules) && !is_reshape) return std::nullopt;
  for (const Value* input : node->inputs()) {
    if (input != nullptr && !input->type().has_rank()) return std::nullopt;
  }
  if (is_reshape) return behind_reshape(view, *node->input(0));
  auto coordinates = coordinates_of(view);
  if (!coordinates) return std::nullopt;
  return rule->behind({view, *node, std::move(*coordinates)});
}

View origin_of(View view) {
  while (auto next = behind(view)) view = std::move(*next);
  return view;
}

std::optional<std::vector<ViewPart>> split_at_seams(const View& view, std::size_t axis) {
  const Node* node = view.source->producer();
  std::vector<ViewPart> whole{{std::vector<std::int64_t>(view.rank(), 0), view}};
  if (node == nullptr || !node->op().domain.empty() || node->op().name != "Concat") return whole;
  const auto coordinates = coordinates_of(view);
  if (!coordinates) return std::nullopt;
  const auto joined =
      static_cast<std::size_t>(positive(node->attr_int("axis"), std::ssize(*coordinates)));
  const ViewIndex& index = (*coordinates)[joined];
  for (std::size_t k = 0; k < view.rank(); ++k) {
    if (k != axis && index.strides[k] != 0) return std::nullopt;
  }
  if (index.strides[axis] == 0) return whole;
  const auto span = span_of(index, view.extents);
  if (!span || index.strides[axis] < 1) return std::nullopt;
  std::vector<ViewPart> parts;
  std::int64_t seam = 0;
  std::int64_t first = 0;  // Along the axis of the view.
  for (const Value* input : node->inputs()) {
    if (!input->type().has_rank() || !(*input->type().shape)[joined].is_known())
      return std::nullopt;
    seam += (*input->type().shape)[joined].size();
    const std::int64_t reach = seam - index.offset + index.strides[axis] - 1;
    const std::int64_t end =
        std::clamp(floor_of(reach, index.strides[axis]), first, view.extents[axis].size());
    if (end == first) continue;
    parts.push_back({whole.front().first, part_of(view, axis, first, Dim(end - first))});
    parts.back().first[axis] = first;
    first = end;
  }
  return parts;
}

}  // namespace gatefold
