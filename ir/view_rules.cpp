#include <algorithm>
#include <limits>
#include <string_view>

#include "ir/elements.h"
#include "ir/op_def.h"
#include "ir/view.h"

namespace gatefold {
namespace {

using Ints = std::vector<std::int64_t>;
using Coordinates = std::vector<ViewIndex>;
using Result = std::optional<View>;

constexpr std::int64_t kEndless = std::numeric_limits<std::int32_t>::max();

std::size_t positive(std::int64_t axis, std::size_t rank) {
  return static_cast<std::size_t>(axis < 0 ? axis + static_cast<std::int64_t>(rank) : axis);
}

const Shape& shape_of(const Value* value) { return *value->type().shape; }

/// A view with its coordinates in the result of a node, whose producer is looked at.
struct Reading {
  const View& view;
  const Node& node;
  Coordinates coordinates;

  Value* input(std::size_t index = 0) const { return node.input(index); }
  const Shape& extents() const { return view.extents; }
  std::size_t axis(std::string_view name = "axis") const {
    return positive(node.attr_int(name), coordinates.size());
  }
  ViewIndex constant(std::int64_t offset) const { return ViewIndex::constant(offset, view.rank()); }
  View in(Value* source, const Coordinates& places) const {
    return view_at(*source, view.extents, places);
  }
};

// Element (y, x) of a block is a channel.
Result depth_to_space(const Reading& reading) {
  const std::int64_t size = reading.node.attr_int("blocksize");
  const Dim& channels = shape_of(reading.view.source)[1];
  const auto rows = divide(reading.coordinates[2], size, reading.extents());
  const auto columns = divide(reading.coordinates[3], size, reading.extents());
  if (!rows || !columns || !channels.is_known()) return std::nullopt;
  const bool blocks_first = reading.node.attr_string("mode") == "DCR";
  const std::int64_t step = blocks_first ? channels.size() : 1;
  ViewIndex channel = reading.constant(0);
  channel.add(reading.coordinates[1], blocks_first ? 1 : size * size);
  channel.add(rows->rest, step * size);
  channel.add(columns->rest, step);
  return reading.in(reading.input(),
                    {reading.coordinates[0], channel, rows->quotient, columns->quotient});
}

Result expand(const Reading& reading) { return broadcast(reading.view, *reading.input()); }

// Entries whose numbers are linear in the coordinates.
Result gather(const Reading& reading) {
  Value* source = reading.input();
  Value* indices = reading.input(1);
  Coordinates places = reading.coordinates;
  const auto first = places.begin() + static_cast<std::ptrdiff_t>(positive(
                                          reading.node.attr_int("axis"), shape_of(source).size()));
  const auto last = first + indices->type().rank();
  const auto entry = indices_of(reading.in(indices, {first, last}));
  if (!entry) return std::nullopt;
  places.insert(places.erase(first, last), *entry);
  return reading.in(source, places);
}

Result identity(const Reading& reading) { return reading.in(reading.input(), reading.coordinates); }

// The part inside of what is added around it.
Result pad(const Reading& reading) {
  const auto pads = known_ints(reading.input(1));
  const Shape& source = shape_of(reading.input());
  const bool is_plain =
      reading.node.attr_string("mode") == "constant" && reading.input(3) == nullptr;
  if (!pads || pads->size() != 2 * source.size() || !is_plain) return std::nullopt;
  Coordinates places = reading.coordinates;
  for (std::size_t axis = 0; axis < source.size(); ++axis) {
    const std::int64_t before = (*pads)[axis];
    if (before == 0 && (*pads)[source.size() + axis] == 0) continue;
    const auto span = span_of(places[axis], reading.extents());
    places[axis].offset -= before;
    const bool is_inside = span && source[axis].is_known() && span->first >= before &&
                           span->last < before + source[axis].size();
    if (!is_inside) return std::nullopt;
  }
  return reading.in(reading.input(), places);
}

// True when every length surely is the whole extent.
bool are_whole(const Value* lengths, const Dim& extent) {
  if (const auto elements = elements_of(*lengths)) {
    return !elements->empty() &&
           std::all_of(elements->begin(), elements->end(), [&](const Element& element) {
             return element == Element::of(extent) && (element.number || !element.symbol.empty());
           });
  }
  const Node* node = lengths->producer();
  constexpr std::string_view kPasses[] = {"Cast", "Expand", "Reshape", "Tile"};
  const bool passes = node != nullptr && std::find(std::begin(kPasses), std::end(kPasses),
                                                   node->op().name) != std::end(kPasses);
  return passes && are_whole(node->input(0), extent);
}

// Sequences that are reversed as a whole.
Result reverse_sequence(const Reading& reading) {
  const std::size_t axis = reading.axis("time_axis");
  Coordinates places = reading.coordinates;
  if (!are_whole(reading.input(1), shape_of(reading.input())[axis])) return std::nullopt;
  ViewIndex place = reading.constant(-1);
  place.add(places[axis], -1);
  place.ends = 1 - places[axis].ends;
  places[axis] = place;
  return reading.in(reading.input(), places);
}

/// What a Slice takes along one axis.
struct Cut {
  std::int64_t start = 0;
  std::int64_t step = 1;
  std::optional<std::int64_t> end = {};
};

// The place of element 0 along an axis; nothing where it depends on how long the axis is.
std::optional<ViewIndex> start_of(const Cut& cut, const Dim& extent, const Reading& reading) {
  ViewIndex place = reading.constant(cut.start);
  if (extent.is_known()) {
    place.offset += cut.start < 0 ? extent.size() : 0;
    const std::int64_t last = extent.size() - (cut.step < 0 ? 1 : 0);
    place.offset = std::clamp<std::int64_t>(place.offset, 0, std::max<std::int64_t>(last, 0));
    return place;
  }
  if (cut.step < 0) {
    if (cut.start >= kEndless) place.offset = -1;
    if (place.offset > 0 || place.offset < -1) return std::nullopt;
  } else if (cut.start < -1) {
    // Of a range behind the first element, shorter axes have less, but of a single element none.
    const bool is_single = cut.end && *cut.end < 0 && *cut.end - cut.start <= 1;
    if (!is_single) return std::nullopt;
  }
  place.ends = place.offset < 0 ? 1 : 0;
  return place;
}

// How many elements fewer a Slice has than its input along an axis whose extent is not known.
std::optional<std::int64_t> skipped_by(const Cut& cut) {
  if (!cut.end) return std::nullopt;
  if (cut.step == 1 && cut.start >= 0) {
    if (*cut.end >= kEndless) return cut.start;
    return *cut.end < 0 ? std::optional(cut.start - *cut.end) : std::nullopt;
  }
  const bool runs_back = cut.step == -1 && (cut.start == -1 || cut.start >= kEndless);
  if (!runs_back) return std::nullopt;
  if (*cut.end <= -kEndless) return 0;
  return *cut.end >= 0 ? std::optional(*cut.end + 1) : std::nullopt;
}

std::optional<ViewIndex> behind_cut(const Cut& cut, const Dim& extent, const ViewIndex& index,
                                    const Reading& reading) {
  auto place = start_of(cut, extent, reading);
  if (!place) return std::nullopt;
  place->add(index, cut.step);
  if (extent.is_known()) {
    if (!cut.end) place->spare = std::nullopt;
    return place;
  }
  const auto skipped = skipped_by(cut);
  place->spare = skipped && index.spare ? std::optional(*index.spare + *skipped) : std::nullopt;
  if (index.ends == 0) return place;
  if (!skipped) return std::nullopt;
  place->ends += cut.step * index.ends;
  place->offset -= cut.step * index.ends * *skipped;
  return place;
}

Result slice(const Reading& reading) {
  const auto starts = known_ints(reading.input(1));
  const auto ends = known_ints(reading.input(2));
  const auto axes = reading.input(3) == nullptr ? Ints() : known_ints(reading.input(3));
  const auto steps = reading.input(4) == nullptr ? Ints() : known_ints(reading.input(4));
  if (!starts || !axes || !steps) return std::nullopt;
  Coordinates places = reading.coordinates;
  for (std::size_t i = 0; i < starts->size(); ++i) {
    const std::size_t axis = axes->empty() ? i : positive((*axes)[i], places.size());
    Cut cut{(*starts)[i], steps->empty() ? 1 : (*steps)[i]};
    if (ends) cut.end = (*ends)[i];
    const auto place = behind_cut(cut, shape_of(reading.input())[axis], places[axis], reading);
    if (!place) return std::nullopt;
    places[axis] = *place;
  }
  return reading.in(reading.input(), places);
}

// Where part number `part` begins; nothing where extents are not known.
std::optional<std::int64_t> start_of_part(const Node& split, std::size_t part, std::size_t axis) {
  const auto sizes = known_ints(split.input(1));
  std::int64_t start = 0;
  for (std::size_t i = 0; i < part; ++i) {
    const Value* output = split.output(i);
    if (sizes) {
      start += (*sizes)[i];
    } else if (output != nullptr && output->type().has_rank() &&
               shape_of(output)[axis].is_known()) {
      start += shape_of(output)[axis].size();
    } else {
      return std::nullopt;
    }
  }
  return start;
}

Result split(const Reading& reading) {
  const std::size_t axis = reading.axis();
  const auto start = start_of_part(reading.node, reading.view.source->output_index(), axis);
  Coordinates places = reading.coordinates;
  if (!start || places[axis].ends != 0) return std::nullopt;
  places[axis].offset += *start;
  const bool is_known =
      shape_of(reading.input())[axis].is_known() && shape_of(reading.view.source)[axis].is_known();
  if (!is_known) places[axis].spare = std::nullopt;
  return reading.in(reading.input(), places);
}

// The first of the repetitions that holds all elements.
Result tile(const Reading& reading) {
  const Shape& source = shape_of(reading.input());
  Coordinates places = reading.coordinates;
  for (std::size_t axis = 0; axis < source.size(); ++axis) {
    if (source[axis].same_as(shape_of(reading.view.source)[axis])) continue;
    if (!source[axis].is_known() || places[axis].ends != 0) return std::nullopt;
    const auto division = divide(places[axis], source[axis].size(), reading.extents());
    if (!division && !source[axis].is(1)) return std::nullopt;
    places[axis] = division ? division->rest : reading.constant(0);
  }
  return reading.in(reading.input(), places);
}

Result transpose(const Reading& reading) {
  const Ints& perm = reading.node.attr_ints("perm");
  Coordinates places(reading.coordinates.size());
  for (std::size_t axis = 0; axis < places.size(); ++axis) {
    const std::size_t from =
        perm.empty() ? places.size() - 1 - axis : static_cast<std::size_t>(perm[axis]);
    places[from] = reading.coordinates[axis];
  }
  return reading.in(reading.input(), places);
}

struct Rule {
  std::string_view op;
  Result (*behind)(const Reading& reading);
};

constexpr Rule kRules[] = {
    {"DepthToSpace", depth_to_space},
    {"Expand", expand},
    {"Gather", gather},
    {"Identity", identity},
    {"Pad", pad},
    {"ReverseSequence", reverse_sequence},
    {"Slice", slice},
    {"Split", split},
    {"Tile", tile},
    {"Transpose", transpose},
};

}  // namespace

std::optional<View> behind(const View& view) {
  const Node* node = view.source->producer();
  if (node == nullptr || !node->op().domain.empty()) return std::nullopt;
  const std::string_view op = node->op().name;
  const auto* rule = std::find_if(std::begin(kRules), std::end(kRules),
                                  [&](const Rule& candidate) { return candidate.op == op; });
  const bool adds_units = op == "Squeeze" || op == "Unsqueeze";
  const bool is_reshape = adds_units || op == "Flatten" || op == "Reshape";
  const bool is_join = op == "Concat" || op.starts_with("Scatter");
  if (rule == std::end(kRules) && !is_reshape && !is_join) return std::nullopt;
  for (const Value* input : node->inputs()) {
    if (input != nullptr && !input->type().has_rank()) return std::nullopt;
  }
  if (is_join) return behind_join(view);
  if (is_reshape) return reshaped(view, *node->input(0), adds_units);
  auto coordinates = coordinates_of(view);
  if (!coordinates) return std::nullopt;
  return rule->behind({view, *node, std::move(*coordinates)});
}

View origin_of(View view) {
  while (auto next = behind(view)) view = std::move(*next);
  return view;
}

}  // namespace gatefold
