#include <algorithm>
#include <limits>

#include "ir/op_def.h"
#include "passes/moves/row_parts.h"
#include "passes/passes.h"
#include "passes/rewriting/axes.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/rewrite.h"
#include "passes/rewriting/row_range.h"
#include "passes/rewriting/spell_view.h"

namespace gatefold::passes {
namespace {

using Ints = std::vector<std::int64_t>;

// Squeeze (Unsqueeze (x)) of the same axes -> x, and the other way round
template <int kAdds>
Result undo(Node& node, Rewriter& rewriter) {
  const Node* inner = producer_of(node.input(0), kAdds != 0 ? "Squeeze" : "Unsqueeze");
  if (inner == nullptr) return std::nullopt;
  const auto outer_axes = moved_axes(node, rewriter);
  const auto inner_axes = moved_axes(*inner, rewriter);
  if (!outer_axes || !inner_axes || *outer_axes != *inner_axes) return std::nullopt;
  return Replacement{inner->input(0)};
}

// Transpose (Transpose (x)) -> one Transpose of x
Result transposes(Node& node, Rewriter& rewriter) {
  const Node* inner = producer_of(node.input(0), "Transpose");
  if (inner == nullptr || !inner->input(0)->type().has_rank()) return std::nullopt;
  const Ints first = permutation_of(*inner);
  Ints perm = permutation_of(node);
  for (std::int64_t& axis : perm) axis = first[static_cast<std::size_t>(axis)];
  if (std::is_sorted(perm.begin(), perm.end())) return Replacement{inner->input(0)};
  return Replacement{rewriter.add("Transpose", {inner->input(0)}, {{"perm", perm}})};
}

// Reshape (Reshape (x)) -> one Reshape of x, when no extent of the outer one is taken over
Result reshapes(Node& node, Rewriter& rewriter) {
  const Node* inner = producer_of(node.input(0), "Reshape");
  const auto target = constant_ints(rewriter, node.input(1));
  if (inner == nullptr || !target) return std::nullopt;
  if (std::find(target->begin(), target->end(), 0) != target->end()) return std::nullopt;
  return Replacement{rewriter.add("Reshape", {inner->input(0), node.input(1)}, node.attrs())};
}

// The axes of extent 1 that `wide` has beyond those of `narrow`; nothing when more differs.
std::optional<Ints> find_unit_axes(const Type& wide, const Type& narrow) {
  if (!wide.has_rank() || !narrow.has_rank() || wide.rank() <= narrow.rank()) return std::nullopt;
  Ints axes;
  auto next = narrow.shape->begin();
  for (std::int64_t axis = 0; axis < wide.rank(); ++axis) {
    const Dim& dim = (*wide.shape)[static_cast<std::size_t>(axis)];
    if (next != narrow.shape->end() && dim.same_as(*next)) {
      ++next;
    } else if (dim.is(1)) {
      axes.push_back(axis);
    } else {
      return std::nullopt;
    }
  }
  return next == narrow.shape->end() ? std::optional(axes) : std::nullopt;
}

// Reshape that takes axes of extent 1 away or adds some -> Squeeze or Unsqueeze
Result reshape_of_unit_axes(Node& node, Rewriter& rewriter) {
  Value* data = node.input(0);
  const Type& type = node.output()->type();
  if (const auto axes = find_unit_axes(data->type(), type)) {
    return Replacement{rewriter.add("Squeeze", {data, rewriter.add_ints(*axes)})};
  }
  if (const auto axes = find_unit_axes(type, data->type())) {
    return Replacement{rewriter.add("Unsqueeze", {data, rewriter.add_ints(*axes)})};
  }
  return std::nullopt;
}

// Gather of the only row, dropping its axis -> Squeeze
Result gather_of_unit_axis(Node& node, Rewriter& rewriter) {
  const Type& type = node.input(0)->type();
  const Tensor* index = rewriter.constant(node.input(1));
  if (index == nullptr || index->rank() != 0 || !type.has_rank()) return std::nullopt;
  const std::int64_t axis = positive_axis(node.attr_int("axis"), type.rank());
  if (!(*type.shape)[static_cast<std::size_t>(axis)].is(1)) return std::nullopt;
  return Replacement{rewriter.add("Squeeze", {node.input(0), rewriter.add_ints({axis})})};
}

// Squeeze (Transpose (x)) -> Transpose (Squeeze (x)), which often has nothing left to do
Result squeeze_of_transpose(Node& node, Rewriter& rewriter) {
  const Node* transpose = producer_of(node.input(0), "Transpose");
  const auto axes = moved_axes(node, rewriter);
  if (transpose == nullptr || !axes) return std::nullopt;
  Ints perm = permutation_of(*transpose);
  Ints gone;
  for (auto axis = axes->rbegin(); axis != axes->rend(); ++axis) {
    gone.push_back(perm[static_cast<std::size_t>(*axis)]);
    perm.erase(perm.begin() + *axis);
  }
  std::sort(gone.begin(), gone.end());
  for (std::int64_t& axis : perm) {
    axis -= std::lower_bound(gone.begin(), gone.end(), axis) - gone.begin();
  }
  const bool keeps_order = std::is_sorted(perm.begin(), perm.end());
  if (!keeps_order && node.input(0)->uses().size() > 1) return std::nullopt;
  Value* narrow = rewriter.add("Squeeze", {transpose->input(0), rewriter.add_ints(gone)});
  if (keeps_order) return Replacement{narrow};
  return Replacement{rewriter.add("Transpose", {narrow}, {{"perm", perm}})};
}

// Concat of parts that follow each other in one value -> that value, or what is cut out of it,
// moved to where Concat puts it
Result concat_of_rows(Node& node, Rewriter& rewriter) {
  const Type& type = node.output()->type();
  if (node.input_count() < 2 || !type.has_rank()) return std::nullopt;
  const std::int64_t axis = positive_axis(node.attr_int("axis"), type.rank());
  const auto rows = joined_rows(node.inputs(), axis, false);
  Value* result = rows ? spell(rewriter, *rows) : nullptr;
  return result == nullptr ? std::nullopt : Result(Replacement{result});
}

// Concat of parts of which some have no elements -> Concat of the others
Result concat_of_nothing(Node& node, Rewriter& rewriter) {
  const Type& type = node.output()->type();
  if (!type.has_rank()) return std::nullopt;
  const std::int64_t axis = positive_axis(node.attr_int("axis"), type.rank());
  std::vector<Value*> parts = node.inputs();
  std::erase_if(parts, [axis](const Value* part) {
    return part->type().has_rank() && (*part->type().shape)[static_cast<std::size_t>(axis)].is(0);
  });
  if (parts.empty() || parts.size() == node.input_count()) return std::nullopt;
  return Replacement{rewriter.add("Concat", parts, {{"axis", axis}})};
}

// Reshape of T parts [N, H] side by side to [N, T, H], or one below the other to [T, N, H] -> the
// parts joined on an axis of their own
Result reshape_of_concat(Node& node, Rewriter& rewriter) {
  const Node* concat = producer_of(node.input(0), "Concat");
  const Type& type = node.output()->type();
  if (concat == nullptr || !type.has_rank() || type.rank() != 3) return std::nullopt;
  const auto& parts = concat->inputs();
  const Type& first = parts.front()->type();
  if (!first.has_rank() || first.rank() != 2) return std::nullopt;
  const std::int64_t axis = positive_axis(concat->attr_int("axis"), 2);
  const auto count = static_cast<std::int64_t>(parts.size());
  if (!(*type.shape)[static_cast<std::size_t>(axis)].is(count)) return std::nullopt;
  if (!type.shape->back().is_known()) return std::nullopt;
  std::vector<Value*> rows;
  for (Value* part : parts) {
    const Type& row = part->type();
    const bool fits = have_same_shape(row, first) && row.shape->back().same_as(type.shape->back());
    if (!fits) return std::nullopt;
    rows.push_back(rewriter.add("Unsqueeze", {part, rewriter.add_ints({axis})}));
  }
  return Replacement{rewriter.add("Concat", rows, {{"axis", axis}})};
}

// Gather of one row of (Transpose (x)) -> Gather of x, where the other axes stay in order
Result gather_of_transpose(Node& node, Rewriter& rewriter) {
  const Node* transpose = producer_of(node.input(0), "Transpose");
  const Tensor* index = rewriter.constant(node.input(1));
  if (transpose == nullptr || index == nullptr || index->rank() != 0) return std::nullopt;
  Ints perm = permutation_of(*transpose);
  if (perm.empty()) return std::nullopt;
  const auto place = perm.begin() + positive_axis(node.attr_int("axis"), std::ssize(perm));
  const std::int64_t axis = *place;
  perm.erase(place);
  if (!std::is_sorted(perm.begin(), perm.end())) return std::nullopt;
  return Replacement{
      rewriter.add("Gather", {transpose->input(0), node.input(1)}, {{"axis", axis}})};
}

// True when the Slice takes all there is along entry `i` of its axes.
bool takes_all(const Ints& starts, const Ints& ends, const Ints& axes, const Type& type,
               std::size_t i) {
  const std::int64_t axis = positive_axis(axes[i], type.rank());
  const Dim& extent = (*type.shape)[static_cast<std::size_t>(axis)];
  return starts[i] == 0 && (ends[i] >= std::numeric_limits<std::int32_t>::max() ||
                            (extent.is_known() && ends[i] >= extent.size()));
}

// Slice along several axes, all but some of them whole -> Slice along these
Result slice_of_whole_axes(Node& node, Rewriter& rewriter) {
  const Type& type = node.input(0)->type();
  const auto starts = constant_ints(rewriter, node.input(1));
  const auto ends = constant_ints(rewriter, node.input(2));
  const auto axes = constant_ints(rewriter, node.input(3));
  if (!starts || !ends || !axes || axes->size() < 2 || !type.has_rank()) return std::nullopt;
  Ints steps(axes->size(), 1);
  if (node.input(4) != nullptr) {
    const auto given = constant_ints(rewriter, node.input(4));
    if (!given) return std::nullopt;
    steps = *given;
  }
  std::vector<Ints> kept(4);
  for (std::size_t i = 0; i < axes->size(); ++i) {
    if (steps[i] == 1 && takes_all(*starts, *ends, *axes, type, i)) continue;
    kept[0].push_back((*starts)[i]);
    kept[1].push_back((*ends)[i]);
    kept[2].push_back((*axes)[i]);
    kept[3].push_back(steps[i]);
  }
  if (kept[0].empty() || kept[0].size() == axes->size()) return std::nullopt;
  if (kept[3] == Ints(kept[3].size(), 1)) kept.pop_back();
  std::vector<Value*> inputs{node.input(0)};
  for (const Ints& list : kept) inputs.push_back(rewriter.add_ints(list));
  return Replacement{rewriter.add("Slice", inputs)};
}

// Gather of a list of one row -> Slice. Rows of weights stay look-ups, whose gradient is rows.
Result gather_of_single_row(Node& node, Rewriter& rewriter) {
  const Type& type = node.input(0)->type();
  const auto rows = constant_ints(rewriter, node.input(1));
  const bool is_list = node.input(1)->type().has_rank() && node.input(1)->type().rank() == 1;
  if (!type.has_rank() || type.rank() < 2 || !is_list) return std::nullopt;
  if (node.input(0)->has_data()) return std::nullopt;
  if (!rows || rows->size() != 1 || rows->front() < 0) return std::nullopt;
  const std::int64_t axis = positive_axis(node.attr_int("axis"), type.rank());
  const Dim& extent = (*type.shape)[static_cast<std::size_t>(axis)];
  if (!extent.is_known() || rows->front() >= extent.size()) return std::nullopt;
  return Replacement{
      rewriter.add("Slice", {node.input(0), rewriter.add_ints(*rows),
                             rewriter.add_ints({rows->front() + 1}), rewriter.add_ints({axis})})};
}

// Squeeze of a single row cut out by Slice or Split -> Gather of that row
Result squeeze_of_row(Node& node, Rewriter& rewriter) {
  if (!producer_of(node.input(0), "Slice") && !producer_of(node.input(0), "Split")) {
    return std::nullopt;
  }
  const auto rows = read_row_range(*node.output(), rewriter);
  if (!rows || !rows->drops_axis) return std::nullopt;
  Value* index = rewriter.add_constant("index", Tensor::scalar<std::int64_t>(rows->first));
  return Replacement{rewriter.add("Gather", {rows->source, index}, {{"axis", rows->axis}})};
}

// Concat of a Concat on the same axis -> one Concat
Result concat_of_concat(Node& node, Rewriter& rewriter) {
  const Type& type = node.output()->type();
  if (!type.has_rank()) return std::nullopt;
  const std::int64_t axis = positive_axis(node.attr_int("axis"), type.rank());
  std::vector<Value*> parts;
  bool flattened = false;
  for (Value* part : node.inputs()) {
    const Node* inner = producer_of(part, "Concat");
    const bool joins = inner != nullptr && is_used_once(*part) &&
                       positive_axis(inner->attr_int("axis"), type.rank()) == axis;
    if (joins) {
      for (Value* value : inner->inputs()) parts.push_back(value);
      flattened = true;
    } else {
      parts.push_back(part);
    }
  }
  if (!flattened) return std::nullopt;
  return Replacement{rewriter.add("Concat", parts, {{"axis", axis}})};
}

// Shape (f (x)) -> Shape (x), when the shapes are the same
Result shape_of_same_shape(Node& shape, Rewriter& rewriter) {
  const Node* producer = shape.input(0)->producer();
  if (producer == nullptr || producer->input_count() == 0) return std::nullopt;
  Value* source = producer->input(0);
  const bool fits = source != nullptr && source->type().is_tensor() &&
                    have_same_shape(source->type(), shape.input(0)->type());
  return fits ? Result(Replacement{rewriter.add("Shape", {source}, shape.attrs())}) : std::nullopt;
}

constexpr Rule kRules[] = {
    {"squeeze-of-unsqueeze", "Squeeze", undo<0>},
    {"unsqueeze-of-squeeze", "Unsqueeze", undo<1>},
    {"transpose-of-transpose", "Transpose", transposes},
    {"reshape-of-reshape", "Reshape", reshapes},
    {"reshape-of-concat", "Reshape", reshape_of_concat},
    {"reshape-of-unit-axes", "Reshape", reshape_of_unit_axes},
    {"gather-of-unit-axis", "Gather", gather_of_unit_axis},
    {"gather-of-single-row", "Gather", gather_of_single_row},
    {"gather-of-transpose", "Gather", gather_of_transpose},
    {"squeeze-of-transpose", "Squeeze", squeeze_of_transpose},
    {"squeeze-of-row", "Squeeze", squeeze_of_row},
    {"concat-of-nothing", "Concat", concat_of_nothing},
    {"concat-of-rows", "Concat", concat_of_rows},
    {"concat-of-concat", "Concat", concat_of_concat},
    {"slice-of-whole-axes", "Slice", slice_of_whole_axes},
    {"shape-of-same-shape", "Shape", shape_of_same_shape},
    {"row-of-parts", "Gather", row_of_parts},
    {"rows-of-parts", "Slice", rows_of_parts},
    {"split-of-parts", "Split", split_of_parts},
    {"scatters-of-parts", "ScatterND", scatters_of_parts},
};

}  // namespace

bool collapse_moves(Graph& graph, PassContext& context) { return rewrite(graph, context, kRules); }

}  // namespace gatefold::passes
