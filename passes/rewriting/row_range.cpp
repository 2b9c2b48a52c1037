#include "passes/rewriting/row_range.h"

#include <algorithm>

#include "ir/op_def.h"
#include "passes/rewriting/axes.h"
#include "passes/rewriting/match.h"

namespace gatefold {
namespace {

using Ints = std::vector<std::int64_t>;

std::optional<RowRange> read_gather(const Node& node, const Rewriter& rewriter) {
  Value* source = node.input(0);
  const Tensor* index = rewriter.constant(node.input(1));
  if (index == nullptr || index->rank() != 0 || !source->type().has_rank()) return std::nullopt;
  const std::int64_t axis = positive_axis(node.attr_int("axis"), source->type().rank());
  std::int64_t row = index->to_int64().front();
  const Dim& extent = (*source->type().shape)[static_cast<std::size_t>(axis)];
  if (row < 0 && extent.is_known()) row += extent.size();
  if (row < 0) return std::nullopt;
  return RowRange{source, axis, row, row + 1, true};
}

std::optional<RowRange> read_slice(const Node& node, const Rewriter& rewriter) {
  Value* source = node.input(0);
  const auto starts = constant_ints(rewriter, node.input(1));
  const auto ends = constant_ints(rewriter, node.input(2));
  const auto axes = constant_ints(rewriter, node.input(3));
  if (!starts || !ends || !axes || starts->size() != 1 || !source->type().has_rank()) {
    return std::nullopt;
  }
  if (node.input(4) != nullptr && constant_ints(rewriter, node.input(4)) != Ints{1}) {
    return std::nullopt;
  }
  const std::int64_t axis = positive_axis(axes->front(), source->type().rank());
  const Dim& extent = (*source->type().shape)[static_cast<std::size_t>(axis)];
  const std::int64_t first = starts->front();
  const std::int64_t last = ends->front();
  if (first < 0 || last <= first) return std::nullopt;
  if (!extent.is_known()) {
    const bool is_endless = last >= std::numeric_limits<std::int32_t>::max();
    return is_endless ? std::optional(RowRange{source, axis, first, kToTheEnd}) : std::nullopt;
  }
  if (last > extent.size()) return std::nullopt;
  return RowRange{source, axis, first, last};
}

std::optional<RowRange> read_split(const Node& node, const Value& part) {
  Value* source = node.input(0);
  if (!source->type().has_rank()) return std::nullopt;
  const auto axis =
      static_cast<std::size_t>(positive_axis(node.attr_int("axis"), source->type().rank()));
  std::int64_t first = 0;
  for (std::size_t i = 0; i <= part.output_index(); ++i) {
    const Value* output = node.output(i);
    if (output == nullptr || !(*output->type().shape)[axis].is_known()) return std::nullopt;
    const std::int64_t extent = (*output->type().shape)[axis].size();
    if (i == part.output_index()) {
      return RowRange{source, static_cast<std::int64_t>(axis), first, first + extent, false};
    }
    first += extent;
  }
  return std::nullopt;
}

// The final hidden state of a recurrence is the last row of its Y, or the first one of a Y made
// backwards.
std::optional<View> behind_final_state(const View& state) {
  const Node* node = state.source->producer();
  if (node == nullptr || !is_recurrent(*node) || state.source->output_index() != 1) return {};
  Value* all = node->output(0);
  const std::string& direction = node->attr_string("direction");
  const bool is_plain = all != nullptr && node->input(4) == nullptr &&
                        direction != "bidirectional" && node->attr_int("layout") == 0;
  if (!is_plain || !all->type().has_rank() || !all->type().shape->front().is_known()) return {};
  auto places = coordinates_of(state);
  if (!places) return std::nullopt;
  const std::int64_t row = direction == "reverse" ? 0 : all->type().shape->front().size() - 1;
  places->insert(places->begin(), ViewIndex::constant(row, state.rank()));
  return view_at(*all, state.extents, *places);
}

// The same elements with an axis more.
View with_unit_axis(View view, std::int64_t axis) {
  view.extents.insert(view.extents.begin() + axis, 1);
  for (ViewIndex& run : view.runs) run.strides.insert(run.strides.begin() + axis, 0);
  return view;
}

}  // namespace

std::optional<RowRange> read_row_range(const Value& value, const Rewriter& rewriter) {
  if (const Node* gather = producer_of(&value, "Gather")) return read_gather(*gather, rewriter);
  if (const Node* slice = producer_of(&value, "Slice")) return read_slice(*slice, rewriter);
  if (const Node* split = producer_of(&value, "Split")) return read_split(*split, value);
  const Node* squeeze = producer_of(&value, "Squeeze");
  if (squeeze == nullptr) return std::nullopt;
  const auto axes = moved_axes(*squeeze, rewriter);
  auto rows = read_row_range(*squeeze->input(0), rewriter);
  if (!rows || !axes || *axes != Ints{rows->axis} || rows->drops_axis) return std::nullopt;
  if (rows->last != rows->first + 1) return std::nullopt;
  rows->drops_axis = true;
  return rows;
}

std::optional<View> joined_rows(const std::vector<Value*>& parts, std::int64_t axis, bool stacks) {
  std::optional<View> all;
  for (Value* part : parts) {
    const bool has_axis =
        part != nullptr && part->type().has_rank() && axis < part->type().rank() + (stacks ? 1 : 0);
    if (!has_axis) return std::nullopt;
    View own = origin_of(view_of(*part));
    if (auto row = behind_final_state(own)) own = std::move(*row);
    if (stacks) own = with_unit_axis(std::move(own), axis);
    all = all ? joined(*all, own, static_cast<std::size_t>(axis)) : std::move(own);
    if (!all) return std::nullopt;
  }
  const bool repeats = std::all_of(all->runs.begin(), all->runs.end(), [&](const ViewIndex& run) {
    return run.strides[static_cast<std::size_t>(axis)] == 0;
  });
  return repeats ? std::nullopt : all;
}

Value* cut_rows(Rewriter& rewriter, Value* value, std::int64_t axis, IndexRange rows) {
  const Dim& extent = (*value->type().shape)[static_cast<std::size_t>(axis)];
  if (rows.first == 0 && rows.step == 1 && extent.is(rows.last)) return value;
  std::vector<Value*> inputs{value, rewriter.add_ints({rows.first}), rewriter.add_ints({rows.last}),
                             rewriter.add_ints({axis})};
  if (rows.step != 1) inputs.push_back(rewriter.add_ints({rows.step}));
  return rewriter.add("Slice", inputs);
}

}  // namespace gatefold
