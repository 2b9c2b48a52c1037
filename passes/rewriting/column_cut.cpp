#include "passes/rewriting/column_cut.h"

#include <algorithm>

#include "ir/op_def.h"
#include "passes/rewriting/axes.h"
#include "passes/rewriting/match.h"

namespace gatefold {
namespace {

using Cut = std::optional<ColumnCut>;
using Ints = std::vector<std::int64_t>;

const Dim& last_dim(const Value& value) { return value.type().shape->back(); }

const Dim& extent_of(const Value& value, std::int64_t axis) {
  return (*value.type().shape)[static_cast<std::size_t>(axis)];
}

/// Elements start, start + stride, .. along an axis of a value.
struct Selection {
  Value* source = nullptr;
  std::int64_t axis = 0;
  std::int64_t start = 0;
  std::int64_t stride = 1;
};

// The cut taken of the source instead of the selected elements.
Cut behind_selection(const Selection& selected, const ColumnCut& cut) {
  if (selected.axis == selected.source->type().rank() - 1) {
    return ColumnCut{selected.source, cut.columns.spread(selected.start, selected.stride),
                     cut.plane};
  }
  if (!cut.plane || cut.plane->axis != selected.axis) return std::nullopt;
  const std::int64_t index = selected.start + cut.plane->index * selected.stride;
  return ColumnCut{selected.source, cut.columns, Plane{selected.axis, index}};
}

Cut behind_split(const Node& node, const ColumnCut& cut, const PassContext& context) {
  Value* source = node.input(0);
  const std::int64_t axis = positive_axis(node.attr_int("axis"), source->type().rank());
  const auto part = static_cast<std::int64_t>(cut.source->output_index());
  if (const Tensor* sizes = context.constant(node.input(1))) {
    const Ints list = sizes->to_int64();
    std::int64_t offset = 0;
    for (std::int64_t i = 0; i < part && i < sizes->size(); ++i) {
      offset += list[static_cast<std::size_t>(i)];
    }
    return behind_selection({source, axis, offset}, cut);
  }
  const Dim& extent = extent_of(*source, axis);
  if (node.input(1) != nullptr || !extent.is_known()) return std::nullopt;
  const std::int64_t parts = node.has_attr("num_outputs")
                                 ? node.attr_int("num_outputs")
                                 : static_cast<std::int64_t>(node.output_count());
  return behind_selection({source, axis, part * ((extent.size() + parts - 1) / parts)}, cut);
}

Cut behind_slice(const Node& node, const ColumnCut& cut, const PassContext& context) {
  Value* source = node.input(0);
  const Tensor* starts = context.constant(node.input(1));
  const Tensor* axes = context.constant(node.input(3));
  const Tensor* steps = context.constant(node.input(4));
  if (starts == nullptr || starts->size() != 1) return std::nullopt;
  if (axes == nullptr || (node.input(4) != nullptr && steps == nullptr)) return std::nullopt;
  const std::int64_t step = steps == nullptr ? 1 : steps->to_int64().front();
  const std::int64_t axis = positive_axis(axes->to_int64().front(), source->type().rank());
  const Dim& extent = extent_of(*source, axis);
  if (step < 1 || !extent.is_known()) return std::nullopt;
  const std::int64_t start = starts->to_int64().front();
  const std::int64_t first =
      std::clamp<std::int64_t>(start < 0 ? start + extent.size() : start, 0, extent.size());
  return behind_selection({source, axis, first, step}, cut);
}

// Consecutive columns.
Cut behind_list(const Node& node, const Tensor& indices, const ColumnCut& cut) {
  const Ints list = indices.to_int64();
  if (list.empty() || list.front() < 0) return std::nullopt;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i] != list.front() + static_cast<std::int64_t>(i)) return std::nullopt;
  }
  Value* source = node.input(0);
  const std::int64_t axis = positive_axis(node.attr_int("axis"), source->type().rank());
  return behind_selection({source, axis, list.front()}, cut);
}

// Element `index` of each group that a Reshape [N, H * G] -> [N, H, G] makes.
Cut behind_groups(const Value& groups, std::int64_t index, const ColumnCut& cut) {
  const Node* reshape = producer_of(&groups, "Reshape");
  if (reshape == nullptr || !extent_of(groups, 1).is_known()) return std::nullopt;
  Value& source = *reshape->input(0);
  const std::int64_t count = last_dim(groups).size();
  const bool fits = has_known_columns(source) && source.type().rank() == 2 &&
                    last_dim(source).is(extent_of(groups, 1).size() * count);
  return fits ? Cut(ColumnCut{&source, cut.columns.spread(index, count)}) : std::nullopt;
}

Cut behind_gather(const Node& node, const ColumnCut& cut, const PassContext& context) {
  Value* source = node.input(0);
  const Tensor* indices = context.constant(node.input(1));
  if (indices == nullptr) return std::nullopt;
  if (indices->rank() == 1) return behind_list(node, *indices, cut);
  if (indices->rank() != 0 || cut.plane || source->type().rank() != 3) return std::nullopt;
  const std::int64_t axis = positive_axis(node.attr_int("axis"), 3);
  std::int64_t index = indices->to_int64().front();
  if (index < 0 && extent_of(*source, axis).is_known()) index += extent_of(*source, axis).size();
  if (index < 0) return std::nullopt;
  if (axis == 2) return behind_groups(*source, index, cut);
  return ColumnCut{source, cut.columns, Plane{axis, index}};
}

// The part of a Concat that holds all the columns, or the plane.
Cut behind_concat(const Node& node, const ColumnCut& cut, const PassContext& /*context*/) {
  const std::int64_t rank = cut.source->type().rank();
  const std::int64_t axis = positive_axis(node.attr_int("axis"), rank);
  const bool joins_columns = axis == rank - 1;
  if (!joins_columns && (!cut.plane || cut.plane->axis != axis)) return std::nullopt;
  std::int64_t first = joins_columns ? cut.columns.first : cut.plane->index;
  for (Value* part : node.inputs()) {
    if (!has_known_columns(*part) || part->type().rank() != rank) return std::nullopt;
    const Dim& extent = extent_of(*part, axis);
    if (!extent.is_known()) return std::nullopt;
    if (first >= extent.size()) {
      first -= extent.size();
      continue;
    }
    if (!joins_columns) return ColumnCut{part, cut.columns, Plane{axis, first}};
    const IndexRange columns = cut.columns.shifted(first - cut.columns.first);
    const bool holds_all = columns.last <= extent.size();
    return holds_all ? Cut(ColumnCut{part, columns, cut.plane}) : std::nullopt;
  }
  return std::nullopt;
}

// A block of the columns that a Reshape [N, G * H] -> [N, G, H] makes planes of.
Cut behind_reshape(const Node& node, const ColumnCut& cut, const PassContext& /*context*/) {
  Value& source = *node.input(0);
  if (!cut.plane || cut.plane->axis != 1 || source.type().rank() != 2) return std::nullopt;
  const Dim& count = extent_of(*cut.source, 1);
  const std::int64_t size = last_dim(*cut.source).size();
  if (!count.is_known() || !last_dim(source).is(count.size() * size)) return std::nullopt;
  return ColumnCut{&source, cut.columns.shifted(cut.plane->index * size)};
}

Cut behind_transpose(const Node& node, const ColumnCut& cut, const PassContext& /*context*/) {
  if (!cut.plane || permutation_of(node) != Ints{1, 0, 2}) return std::nullopt;
  return ColumnCut{node.input(0), cut.columns, Plane{1 - cut.plane->axis, cut.plane->index}};
}

Cut behind_unsqueeze(const Node& node, const ColumnCut& cut, const PassContext& context) {
  const Tensor* axes = context.constant(node.input(1));
  if (!cut.plane || axes == nullptr || axes->size() != 1) return std::nullopt;
  if (positive_axis(axes->to_int64().front(), 3) != cut.plane->axis) return std::nullopt;
  return ColumnCut{node.input(0), cut.columns};
}

struct Producer {
  std::string_view op;
  Cut (*behind)(const Node& node, const ColumnCut& cut, const PassContext& context);
};

constexpr Producer kProducers[] = {
    {"Concat", behind_concat},       {"Gather", behind_gather}, {"Reshape", behind_reshape},
    {"Slice", behind_slice},         {"Split", behind_split},   {"Transpose", behind_transpose},
    {"Unsqueeze", behind_unsqueeze},
};

}  // namespace

bool has_known_columns(const Value& value) {
  return value.type().has_rank() && value.type().rank() > 0 && last_dim(value).is_known();
}

std::optional<ColumnCut> behind_cut(const ColumnCut& cut, const PassContext& context) {
  const Node* node = cut.source->producer();
  if (node == nullptr || !node->op().domain.empty()) return std::nullopt;
  const auto* row = std::find_if(std::begin(kProducers), std::end(kProducers),
                                 [&](const Producer& p) { return p.op == node->op().name; });
  if (row == std::end(kProducers) || !has_known_columns(*cut.source)) return std::nullopt;
  return has_known_columns(*node->input(0)) ? row->behind(*node, cut, context) : std::nullopt;
}

}  // namespace gatefold
