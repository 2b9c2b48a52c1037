#include "passes/rewriting/spell_view.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace gatefold {
namespace {

using Ints = std::vector<std::int64_t>;
using Coordinates = std::vector<ViewIndex>;
using Link = std::optional<std::size_t>;

constexpr std::int64_t kToTheEnd = std::numeric_limits<std::int64_t>::max();

/// Spells a view by the coordinates that it has along the axes of a source of some extents.
class Speller {
 public:
  Speller(const Shape& source, const Shape& extents, const Coordinates& coordinates)
      : source_(source), extents_(extents), coordinates_(coordinates) {}

  std::optional<Spelling> spell() {
    if (!link_axes()) return std::nullopt;
    link_units();
    if (!cut()) return std::nullopt;
    drop();
    order();
    return add_axes() ? std::optional(std::move(moves_)) : std::nullopt;
  }

 private:
  // Finds which axis of the view runs along which one of the source; false where several do.
  bool link_axes() {
    std::size_t last = 0;
    for (std::size_t k = 0; k < extents_.size(); ++k) {
      for (std::size_t axis = 0; axis < source_.size(); ++axis) {
        if (coordinates_[axis].strides[k] == 0 || extents_[k].is(1)) continue;
        if (along_[axis] || axis_of_[k]) return false;
        link(axis, k);
        is_ordered_ = is_ordered_ && axis >= last;
        last = axis;
      }
    }
    return true;
  }

  // Axes of which one entry is read stand for others of the view, between the same neighbours or,
  // where axes change places anyway, anywhere.
  void link_units() {
    if (!is_ordered_) return link_units(0, extents_.size(), 0, source_.size());
    std::size_t first = 0;
    std::size_t axis = 0;
    for (std::size_t k = 0; k <= extents_.size(); ++k) {
      const bool is_last = k == extents_.size();
      if (!is_last && !axis_of_[k]) continue;
      link_units(first, k, axis, is_last ? source_.size() : *axis_of_[k]);
      first = k + 1;
      if (!is_last) axis = *axis_of_[k] + 1;
    }
  }

  // Where there are too few axes of the view, those without other entries come first.
  void link_units(std::size_t first, std::size_t last, std::size_t from, std::size_t to) {
    std::vector<std::size_t> free;
    for (std::size_t k = first; k < last; ++k) {
      if (!axis_of_[k]) free.push_back(k);
    }
    std::vector<std::size_t> units;
    for (std::size_t axis = from; axis < to; ++axis) {
      if (!along_[axis] && source_[axis].is_known()) units.push_back(axis);
    }
    while (units.size() > free.size()) {
      const auto other = std::find_if(units.begin(), units.end(),
                                      [&](std::size_t axis) { return !source_[axis].is(1); });
      units.erase(other == units.end() ? units.begin() : other);
    }
    for (std::size_t i = 0; i < units.size(); ++i) link(units[i], free[i]);
  }

  void link(std::size_t axis, std::size_t k) {
    along_[axis] = k;
    axis_of_[k] = axis;
  }

  // Takes ranges and entries along all axes by one Slice, but a lone entry and such from an end
  // that is not known by a Gather. False where a range has no numbers.
  bool cut() {
    std::vector<std::size_t> taken;
    for (std::size_t axis = 0; axis < source_.size(); ++axis) {
      if (!along_[axis] && !source_[axis].is(1) && source_[axis].is_known()) taken.push_back(axis);
      if (along_[axis] && !add_range(axis)) return false;
    }
    const bool is_lone = taken.size() == 1 && ranges_[0].empty();
    for (const std::size_t axis : taken) {
      if (!is_lone) add_range(axis);
    }
    if (!ranges_[0].empty()) {
      const bool has_steps = ranges_[3] != Ints(ranges_[3].size(), 1);
      moves_.push_back({"Slice", {ranges_.begin(), ranges_.end() - (has_steps ? 0 : 1)}});
    }
    for (std::size_t axis = source_.size(); axis-- > 0;) {
      const bool is_gathered =
          !along_[axis] && (is_lone ? axis == taken.front() || !source_[axis].is_known()
                                    : !source_[axis].is_known());
      if (!is_gathered) axes_.insert(axes_.begin(), axis);
      if (is_gathered) {
        moves_.push_back(
            {"Gather", {{coordinates_[axis].offset}, {static_cast<std::int64_t>(axis)}}});
      }
    }
    return true;
  }

  // Of an axis of which all is read there is nothing to add.
  bool add_range(std::size_t axis) {
    const ViewIndex& index = coordinates_[axis];
    const std::int64_t stride = along_[axis] ? index.strides[*along_[axis]] : 0;
    const Dim count = stride == 0 ? Dim(1) : extents_[*along_[axis]];
    const std::int64_t step = stride == 0 ? 1 : stride;
    const Dim& extent = source_[axis];
    std::int64_t end = kToTheEnd;
    if (count.is_known()) {
      if (!extent.is_known()) return false;
      if (extent.is(count.size()) && step == 1) return true;
      end = index.offset + step * (count.size() - 1) + (step < 0 ? -1 : 1);
      if (end < 0) end = -kToTheEnd;
    } else {
      const auto spare = count.same_as(extent) ? 0 : index.spare;
      const std::int64_t before = step < 0 ? -1 - index.offset : index.offset;
      const bool is_plain = spare && std::abs(step) == 1 && index.ends == (step < 0 ? 1 : 0) &&
                            before >= 0 && before <= *spare;
      if (!is_plain) return false;
      if (step == 1 && *spare == 0) return true;
      const std::int64_t behind = *spare - before;
      if (behind > 0) end = step < 0 ? behind - 1 : -behind;
      if (behind == 0 && step < 0) end = -kToTheEnd;
    }
    const std::int64_t row[] = {index.offset, end, static_cast<std::int64_t>(axis), step};
    for (std::size_t i = 0; i < ranges_.size(); ++i) ranges_[i].push_back(row[i]);
    return true;
  }

  void drop() {
    Ints dropped;
    for (std::size_t i = 0; i < axes_.size(); ++i) {
      if (!along_[axes_[i]]) dropped.push_back(static_cast<std::int64_t>(i));
    }
    if (!dropped.empty()) moves_.push_back({"Squeeze", {dropped}});
    std::erase_if(axes_, [&](std::size_t axis) { return !along_[axis]; });
  }

  void order() {
    Ints perm(axes_.size());
    std::iota(perm.begin(), perm.end(), 0);
    const auto place = [&](std::int64_t i) { return *along_[axes_[static_cast<std::size_t>(i)]]; };
    std::sort(perm.begin(), perm.end(),
              [&](std::int64_t a, std::int64_t b) { return place(a) < place(b); });
    if (!std::is_sorted(perm.begin(), perm.end())) moves_.push_back({"Transpose", {perm}});
  }

  // Axes that the source does not have, of which Expand adds those in front by itself, and those
  // along which it is repeated.
  bool add_axes() {
    Ints added;
    Ints repeats;
    bool is_repeated = false;
    for (std::size_t k = 0; k < extents_.size(); ++k) {
      const bool repeats_here =
          !extents_[k].is(1) && (!axis_of_[k] || coordinates_[*axis_of_[k]].strides[k] == 0);
      if (repeats_here && !extents_[k].is_known()) return false;
      repeats.push_back(repeats_here ? extents_[k].size() : 1);
      is_repeated = is_repeated || repeats_here;
    }
    const auto first = std::find_if(axis_of_.begin(), axis_of_.end(),
                                    [](const Link& axis) { return axis.has_value(); });
    const std::ptrdiff_t front = is_repeated ? first - axis_of_.begin() : 0;
    for (std::size_t k = 0; k < extents_.size(); ++k) {
      const std::ptrdiff_t place = static_cast<std::ptrdiff_t>(k) - front;
      if (!axis_of_[k] && place >= 0) added.push_back(place);
    }
    if (!added.empty()) moves_.push_back({"Unsqueeze", {added}});
    if (is_repeated) moves_.push_back({"Expand", {repeats}});
    return true;
  }

  const Shape& source_;
  const Shape& extents_;
  const Coordinates& coordinates_;
  std::vector<Link> along_ = std::vector<Link>(source_.size());     ///< Of the view, by source.
  std::vector<Link> axis_of_ = std::vector<Link>(extents_.size());  ///< Of the source, by view.
  bool is_ordered_ = true;
  std::vector<Ints> ranges_ = std::vector<Ints>(4);  ///< Starts, ends, axes and steps.
  std::vector<std::size_t> axes_;                    ///< Of the source, as far as they are left.
  Spelling moves_;
};

std::optional<Spelling> spell_in(const View& view, const Shape& source) {
  const auto coordinates = coordinates_of(view, source);
  return coordinates ? Speller(source, view.extents, *coordinates).spell() : std::nullopt;
}

// The extents of the source of a view, split and joined as its strides want.
Shape split_for(const View& view) {
  const Shape& shape = *view.source->type().shape;
  Shape result;
  std::size_t run = 0;
  for (std::size_t begin = 0, end = 0; begin < shape.size(); begin = end, ++run) {
    std::int64_t inner = 1;
    for (end = begin + 1; end < shape.size() && shape[end].is_known(); ++end) {
      inner *= shape[end].size();
    }
    const std::int64_t length = inner * (shape[begin].is_known() ? shape[begin].size() : 1);
    Dims strides = view.runs[run].strides;
    for (std::int64_t& stride : strides) stride = std::abs(stride);
    if (!shape[begin].is_known()) strides.push_back(inner);
    std::sort(strides.begin(), strides.end());
    Ints sizes{1};
    for (const std::int64_t stride : strides) {
      const bool divides =
          stride > sizes.back() && stride % sizes.back() == 0 && length % stride == 0;
      if (divides) sizes.push_back(stride);
    }
    result.push_back(shape[begin].is_known() ? Dim(length / sizes.back()) : shape[begin]);
    for (std::size_t i = sizes.size() - 1; i > 0; --i) result.push_back(sizes[i] / sizes[i - 1]);
  }
  return result;
}

// A Reshape to these extents; nothing where they cannot be listed.
std::optional<SpelledMove> reshape(const Shape& from, const Shape& to) {
  Ints target;
  bool is_open = false;
  for (std::size_t axis = 0; axis < to.size(); ++axis) {
    const bool is_copied = axis < from.size() && to[axis].same_as(from[axis]);
    if (!to[axis].is_known() && !is_copied && std::exchange(is_open, true)) return std::nullopt;
    target.push_back(to[axis].is_known() ? to[axis].size() : is_copied ? 0 : -1);
  }
  return SpelledMove{"Reshape", {target}};
}

// Splits or joins axes of the source first.
std::optional<Spelling> spell_reshaped(const View& view) {
  const Shape& source = *view.source->type().shape;
  const Shape wanted = split_for(view);
  auto moves = spell_in(view, wanted);
  if (!moves) return std::nullopt;
  const bool keeps_order = std::all_of(moves->begin(), moves->end(), [](const SpelledMove& move) {
    return move.op == "Squeeze" || move.op == "Unsqueeze";
  });
  const auto first = reshape(source, keeps_order ? view.extents : wanted);
  if (!first) return std::nullopt;
  if (keeps_order) moves->clear();
  moves->insert(moves->begin(), *first);
  return moves;
}

}  // namespace

std::optional<Spelling> spelling_of(const View& view) {
  const bool is_empty = std::any_of(view.extents.begin(), view.extents.end(),
                                    [](const Dim& extent) { return extent.is(0); });
  if (is_empty) return std::nullopt;
  auto spelling = spell_in(view, *view.source->type().shape);
  const bool is_short =
      spelling &&
      (spelling->empty() || (spelling->size() == 1 && spelling->front().op != "Transpose"));
  if (is_short) return spelling;
  auto other = spell_reshaped(view);
  const bool is_better = other && (!spelling || cost_of(*other) < cost_of(*spelling));
  return is_better ? other : spelling;
}

std::int64_t cost_of(const Spelling& spelling) {
  std::int64_t cost = 0;
  for (const auto& [op, lists] : spelling) {
    constexpr std::int64_t kSteps = 20;  // A Slice with steps copies single elements.
    cost += cost_of(op, lists.front().size()) + (op == "Slice" && lists.size() > 3 ? kSteps : 0);
  }
  return cost;
}

std::int64_t cost_of(std::string_view op, std::size_t size) {
  struct Cost {
    std::string_view op;
    std::int64_t once;
    std::int64_t each = 0;
  };
  constexpr Cost kCosts[] = {
      {"Concat", 90, 1},  {"Expand", 90},       {"Flatten", 20},         {"Gather", 64},
      {"Pad", 90},        {"Reshape", 20},      {"ReverseSequence", 90}, {"ScatterElements", 230},
      {"ScatterND", 230}, {"Slice", 64, 2},     {"Split", 65},           {"Squeeze", 12},
      {"Tile", 68},       {"Transpose", 70, 1}, {"Unsqueeze", 12}};
  const auto* found = std::find_if(std::begin(kCosts), std::end(kCosts),
                                   [&](const Cost& cost) { return cost.op == op; });
  if (found == std::end(kCosts)) return 0;
  return found->once + found->each * static_cast<std::int64_t>(size);
}

Value* spell(Rewriter& rewriter, Value* source, const Spelling& spelling) {
  for (const auto& [op, lists] : spelling) {
    if (op == "Gather") {
      Value* index = rewriter.add_constant("index", Tensor::scalar(lists[0].front()));
      source = rewriter.add(op, {source, index}, {{"axis", lists[1].front()}});
    } else if (op == "Transpose") {
      source = rewriter.add(op, {source}, {{"perm", lists[0]}});
    } else {
      std::vector<Value*> inputs{source};
      for (const Ints& list : lists) inputs.push_back(rewriter.add_ints(list));
      source = rewriter.add(op, inputs);
    }
  }
  return source;
}

Value* spell(Rewriter& rewriter, const View& view) {
  const auto spelling = spelling_of(view);
  return spelling ? spell(rewriter, view.source, *spelling) : nullptr;
}

}  // namespace gatefold
