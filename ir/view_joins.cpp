#include <algorithm>
#include <cstdlib>
#include <utility>

#include "ir/op_def.h"
#include "ir/view.h"

namespace gatefold {
namespace {

using Ints = std::vector<std::int64_t>;
using Coordinates = std::vector<ViewIndex>;

std::size_t positive(std::int64_t axis, std::size_t rank) {
  return static_cast<std::size_t>(axis < 0 ? axis + static_cast<std::int64_t>(rank) : axis);
}

const Shape& shape_of(const Value* value) { return *value->type().shape; }

/// Where parts of a value begin along an axis, and at last where they end.
struct Seams {
  std::size_t axis = 0;
  Ints places = {};

  // The last one up to an index; places.end() for what lies behind all that are known.
  Ints::const_iterator before(std::int64_t index) const {
    const auto after = std::upper_bound(places.begin(), places.end(), index);
    return after == places.begin() || after == places.end() ? places.end() : after - 1;
  }
};

Seams seams_of_concat(const Node& node) {
  Seams seams{positive(node.attr_int("axis"), shape_of(node.output()).size()), {0}};
  for (const Value* part : node.inputs()) {
    if (!part->type().has_rank() || !shape_of(part)[seams.axis].is_known()) break;
    seams.places.push_back(seams.places.back() + shape_of(part)[seams.axis].size());
  }
  return seams;
}

// The part of a Concat that holds all elements.
std::optional<View> behind_concat(const Node& node, const View& view, Coordinates places) {
  const Seams seams = seams_of_concat(node);
  const auto span = span_of(places[seams.axis], view.extents);
  const auto seam = span ? seams.before(span->first) : seams.places.end();
  if (seam == seams.places.end() || span->last >= *(seam + 1)) return std::nullopt;
  places[seams.axis].offset -= *seam;
  const auto part = static_cast<std::size_t>(seam - seams.places.begin());
  return view_at(*node.input(part), view.extents, places);
}

/// Elements of an axis of data that updates replace: from `first` on, forwards or backwards.
struct Box {
  std::int64_t first = 0;
  std::int64_t step = 1;
  Dim count = 1;
  std::optional<std::size_t> axis = {};  ///< Of the updates; none for a single element.
  bool is_whole = false;                 ///< They replace all there are.
};

// For each axis of the data of a scatter, where the elements of the updates go.
std::optional<Coordinates> targets_of(const Node& scatter) {
  const std::size_t rank = shape_of(scatter.input(2)).size();
  const View indices = view_of(*scatter.input(1));
  const bool has_tuples = scatter.op().name == "ScatterND";
  const std::size_t last = indices.rank() - 1;  // Of the axes of tuples, their elements.
  if (has_tuples && !indices.extents[last].is_known()) return std::nullopt;
  Coordinates targets;
  for (std::size_t axis = 0; axis < shape_of(scatter.input(0)).size(); ++axis) {
    const auto number = static_cast<std::int64_t>(axis);
    const bool is_numbered = has_tuples ? number < indices.extents[last].size()
                                        : axis == positive(scatter.attr_int("axis"), rank);
    if (!is_numbered) {
      const std::size_t behind = static_cast<std::size_t>(indices.extents[last].size());
      targets.push_back(ViewIndex::along(has_tuples ? last + axis - behind : axis, rank));
      continue;
    }
    auto target = indices_of(has_tuples ? part_of(indices, last, number, 1) : indices);
    if (!target) return std::nullopt;
    target->strides.resize(rank);
    targets.push_back(*target);
  }
  return targets;
}

// The box of the data that updates replace, one entry for each axis. Nothing where they do not lie
// in it as in a box of their own.
std::optional<std::vector<Box>> boxes_of(const Node& scatter) {
  const auto& inputs = scatter.inputs();
  const bool is_plain = scatter.attr_string("reduction") == "none" &&
                        std::all_of(inputs.begin(), inputs.end(),
                                    [](const Value* input) { return input->type().has_rank(); });
  if (!is_plain) return std::nullopt;
  const auto targets = targets_of(scatter);
  if (!targets) return std::nullopt;
  const Shape& data = shape_of(scatter.input(0));
  const Shape& updates = shape_of(scatter.input(2));
  Dims uses(updates.size(), 0);
  std::vector<Box> boxes;
  for (std::size_t axis = 0; axis < data.size(); ++axis) {
    const ViewIndex& target = (*targets)[axis];
    if (target.ends != 0 && !data[axis].is_known()) return std::nullopt;
    Box box{target.offset + (target.ends != 0 ? data[axis].size() : 0)};
    for (std::size_t k = 0; k < updates.size(); ++k) {
      if (updates[k].is(1) || target.strides[k] == 0) continue;
      if (box.axis || uses[k]++ > 0 || std::abs(target.strides[k]) != 1) return std::nullopt;
      box = {box.first, target.strides[k], updates[k], k};
    }
    box.is_whole = box.first == 0 && box.step == 1 && box.count.same_as(data[axis]);
    boxes.push_back(box);
  }
  for (std::size_t k = 0; k < updates.size(); ++k) {
    if (uses[k] == 0 && !updates[k].is(1)) return std::nullopt;
  }
  return boxes;
}

enum class Place : std::int8_t { kInside, kOutside, kUnknown };

// Makes a coordinate of the data one within a box.
Place enter(const Box& box, ViewIndex& place, const Shape& extents) {
  if (box.is_whole) return Place::kInside;
  if (place.ends != 0) return Place::kUnknown;
  ViewIndex distance = ViewIndex::constant(box.step * -box.first, extents.size());
  distance.add(place, box.step);
  place = distance;
  const auto span = span_of(place, extents);
  if (!span || !box.count.is_known()) return Place::kUnknown;
  if (span->last < 0 || span->first >= box.count.size()) return Place::kOutside;
  const bool is_inside = span->first >= 0 && span->last < box.count.size();
  return is_inside ? Place::kInside : Place::kUnknown;
}

// What was there before, or what replaces it.
std::optional<View> behind_scatter(const Node& node, const View& view,
                                   const Coordinates& coordinates) {
  const auto boxes = boxes_of(node);
  if (!boxes) return std::nullopt;
  Coordinates places(shape_of(node.input(2)).size(), ViewIndex::constant(0, view.rank()));
  bool is_inside = true;
  for (std::size_t axis = 0; axis < boxes->size(); ++axis) {
    const Box& box = (*boxes)[axis];
    ViewIndex place = coordinates[axis];
    const Place found = enter(box, place, view.extents);
    if (found == Place::kOutside) return view_at(*node.input(0), view.extents, coordinates);
    is_inside = is_inside && found == Place::kInside;
    if (box.axis) places[*box.axis] = place;
  }
  return is_inside ? std::optional(view_at(*node.input(2), view.extents, places)) : std::nullopt;
}

// Before and behind a box along the only axis that it does not cover.
std::optional<Seams> seams_of_scatter(const Node& node) {
  const auto boxes = boxes_of(node);
  if (!boxes) return std::nullopt;
  std::optional<Seams> seams;
  for (std::size_t axis = 0; axis < boxes->size(); ++axis) {
    const Box& box = (*boxes)[axis];
    const Dim& extent = shape_of(node.output())[axis];
    if (box.is_whole) continue;
    const bool is_range = box.count.is_known() && extent.is_known();
    if (!is_range || seams) return std::nullopt;
    const std::int64_t last = box.first + box.step * (box.count.size() - 1);
    seams = {axis, {0, std::min(box.first, last), std::max(box.first, last) + 1, extent.size()}};
  }
  return seams ? seams : Seams();
}

// Without places for a value that has no parts.
std::optional<Seams> seams_of(const Value& value) {
  const Node* node = value.producer();
  if (node == nullptr || !node->op().domain.empty()) return Seams();
  if (node->op().name == "Concat") return seams_of_concat(*node);
  return node->op().name.starts_with("Scatter") ? seams_of_scatter(*node) : Seams();
}

}  // namespace

std::optional<View> behind_join(const View& view) {
  const Node& node = *view.source->producer();
  const auto coordinates = coordinates_of(view);
  if (!coordinates) return std::nullopt;
  return node.op().name == "Concat" ? behind_concat(node, view, *coordinates)
                                    : behind_scatter(node, view, *coordinates);
}

std::optional<std::vector<ViewPart>> split_at_seams(const View& view, std::size_t axis) {
  const auto seams = seams_of(*view.source);
  std::vector<ViewPart> parts{{Ints(view.rank(), 0), view}};
  if (!seams) return std::nullopt;
  if (seams->places.empty()) return parts;
  const auto coordinates = coordinates_of(view);
  if (!coordinates) return std::nullopt;
  ViewIndex index = (*coordinates)[seams->axis];
  const std::int64_t stride = std::exchange(index.strides[axis], 0);
  if (stride == 0) return parts;
  const auto span = span_of(index, view.extents);
  if (!span || !view.extents[axis].is_known()) return std::nullopt;
  parts.clear();
  const std::int64_t extent = view.extents[axis].size();
  for (std::int64_t first = 0, count = 0; first < extent; first += count) {
    const IndexSpan here{span->first + first * stride, span->last + first * stride};
    const auto seam = seams->before(here.first);
    if (seam == seams->places.end() || here.last >= *(seam + 1)) return std::nullopt;
    const std::int64_t room = stride < 0 ? here.first - *seam : *(seam + 1) - 1 - here.last;
    count = std::min(room / std::abs(stride) + 1, extent - first);
    parts.push_back({Ints(view.rank(), 0), part_of(view, axis, first, Dim(count))});
    parts.back().first[axis] = first;
  }
  return parts;
}

}  // namespace gatefold
