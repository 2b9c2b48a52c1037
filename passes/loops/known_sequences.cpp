#include "passes/loops/known_sequences.h"

#include <algorithm>

#include "ir/op_def.h"
#include "passes/loops/loop_condition.h"
#include "passes/rewriting/axes.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/row_range.h"

namespace gatefold::passes {

using Result = std::optional<Replacement>;

namespace {

// Branches that are never taken may hold what cannot be put together.
bool fit_together(const Type& a, const Type& b, std::int64_t axis) {
  if (!b.has_rank() || a.rank() != b.rank()) return false;
  for (std::int64_t i = 0; i < a.rank(); ++i) {
    const Dim& x = (*a.shape)[static_cast<std::size_t>(i)];
    const Dim& y = (*b.shape)[static_cast<std::size_t>(i)];
    if (i != axis && x.is_known() && y.is_known() && !x.same_as(y)) return false;
  }
  return true;
}

}  // namespace

Result concat_of_sequence(Node& concat, Rewriter& rewriter) {
  const Node* sequence = producer_of(concat.input(0), "SequenceConstruct");
  if (sequence == nullptr) return std::nullopt;
  std::vector<Value*> parts = sequence->inputs();
  const Type& type = parts.front()->type();
  if (!type.has_rank()) return std::nullopt;
  const bool adds_axis = concat.attr_int("new_axis") == 1;
  const std::int64_t axis =
      positive_axis(concat.attr_int("axis"), type.rank() + (adds_axis ? 1 : 0));
  for (Value*& part : parts) {
    if (!fit_together(type, part->type(), adds_axis ? -1 : axis)) return std::nullopt;
    if (adds_axis) part = rewriter.add("Unsqueeze", {part, rewriter.add_ints({axis})});
  }
  return Replacement{rewriter.add("Concat", parts, {{"axis", axis}})};
}

Result element_of_sequence(Node& at, Rewriter& rewriter) {
  const Node* sequence = producer_of(at.input(0), "SequenceConstruct");
  const auto index = known_number(at.input(1), rewriter.context());
  if (sequence == nullptr || !index) return std::nullopt;
  const auto count = static_cast<std::int64_t>(sequence->input_count());
  const std::int64_t number = *index < 0 ? *index + count : *index;
  if (number < 0 || number >= count) return std::nullopt;
  return Replacement{sequence->input(static_cast<std::size_t>(number))};
}

Result element_of_split(Node& at, Rewriter& rewriter) {
  const Node* split = producer_of(at.input(0), "SplitToSequence");
  if (split == nullptr || !split->input(0)->type().has_rank()) return std::nullopt;
  Value* source = split->input(0);
  const std::int64_t axis = positive_axis(split->attr_int("axis"), source->type().rank());
  if (split->input(1) == nullptr) {
    if (!at.input(1)->type().has_rank() || at.input(1)->type().rank() != 0) return std::nullopt;
    Value* row = rewriter.add("Gather", {source, at.input(1)}, {{"axis", axis}});
    if (split->attr_int("keepdims") == 0) return Replacement{row};
    return Replacement{rewriter.add("Unsqueeze", {row, rewriter.add_ints({axis})})};
  }
  const auto index = known_number(at.input(1), rewriter.context());
  const Tensor* sizes = rewriter.constant(split->input(1));
  if (!index || *index < 0 || sizes == nullptr || sizes->rank() != 0) return std::nullopt;
  const std::int64_t size = sizes->to_int64().front();
  const Dim& extent = (*source->type().shape)[static_cast<std::size_t>(axis)];
  const std::int64_t first = *index * size;
  if (size < 1 || !extent.is_known() || first >= extent.size()) return std::nullopt;
  const std::int64_t last = std::min(first + size, extent.size());
  return Replacement{cut_rows(rewriter, source, axis, {first, last})};
}

Result length_of_split(Node& length, Rewriter& rewriter) {
  const Node* split = producer_of(length.input(0), "SplitToSequence");
  if (split == nullptr || split->input(1) != nullptr) return std::nullopt;
  if (!split->input(0)->type().has_rank()) return std::nullopt;
  const std::int64_t axis = positive_axis(split->attr_int("axis"), split->input(0)->type().rank());
  Value* number = rewriter.add_constant("axis", Tensor::scalar(axis));
  return Replacement{rewriter.add("Gather", {rewriter.add("Shape", {split->input(0)}), number})};
}

}  // namespace gatefold::passes
