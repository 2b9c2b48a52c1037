#include "passes/known_sequences.h"

#include <algorithm>

#include "ir/op_def.h"
#include "passes/axes.h"
#include "passes/loop_condition.h"
#include "passes/recurrent_cell.h"
#include "passes/row_range.h"

namespace gatefold::passes {

using Result = std::optional<Replacement>;

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
  const auto index = known_number(at.input(1), rewriter.context());
  if (split == nullptr || !index || *index < 0) return std::nullopt;
  Value* source = split->input(0);
  if (!source->type().has_rank()) return std::nullopt;
  const std::int64_t axis = positive_axis(split->attr_int("axis"), source->type().rank());
  if (split->input(1) == nullptr && split->attr_int("keepdims") == 0) {
    Value* row = rewriter.add_constant("index", Tensor::scalar(*index));
    return Replacement{rewriter.add("Gather", {source, row}, {{"axis", axis}})};
  }
  const Dim& extent = (*source->type().shape)[static_cast<std::size_t>(axis)];
  std::int64_t size = 1;
  if (split->input(1) != nullptr) {
    const Tensor* sizes = rewriter.constant(split->input(1));
    if (sizes == nullptr || sizes->rank() != 0) return std::nullopt;
    size = sizes->to_int64().front();
  }
  const std::int64_t first = *index * size;
  if (size < 1 || !extent.is_known() || first >= extent.size()) return std::nullopt;
  const std::int64_t last = std::min(first + size, extent.size());
  return Replacement{cut_rows(rewriter, source, axis, {first, last})};
}

}  // namespace gatefold::passes
