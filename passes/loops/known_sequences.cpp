#include "passes/loops/known_sequences.h"

#include <algorithm>

#include "ir/op_def.h"
#include "passes/loops/loop_condition.h"
#include "passes/rewriting/axes.h"
#include "passes/rewriting/counts.h"
#include "passes/rewriting/graph_builder.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/row_range.h"
#include "passes/rewriting/sub_graphs.h"

namespace gatefold::passes {

using Result = std::optional<Replacement>;

namespace {

// Where a SequenceInsert puts its element among `count` others; nothing where that is not known.
std::optional<std::size_t> place_of(const Node& insert, std::size_t count,
                                    const PassContext& context) {
  if (appends(insert)) return count;
  const auto given = known_number(insert.input(2), context);
  const auto size = static_cast<std::int64_t>(count);
  if (!given || *given < -size || *given > size) return std::nullopt;
  return static_cast<std::size_t>(*given < 0 ? *given + size : *given);
}

bool have_one_shape(const std::vector<Value*>& values) {
  return std::all_of(values.begin(), values.end(), [&](const Value* value) {
    return have_same_shape(value->type(), values.front()->type());
  });
}

}  // namespace

std::optional<std::vector<Value*>> known_elements(Value* sequence, const PassContext& context) {
  std::vector<const Node*> inserts;
  sequence = behind_identities(sequence);
  while (const Node* insert = producer_of(sequence, "SequenceInsert")) {
    inserts.push_back(insert);
    sequence = behind_identities(insert->input(0));
  }
  std::vector<Value*> elements;
  if (const Node* construct = producer_of(sequence, "SequenceConstruct")) {
    elements = construct->inputs();
  } else if (producer_of(sequence, "SequenceEmpty") == nullptr) {
    return std::nullopt;
  }
  for (auto insert = inserts.rbegin(); insert != inserts.rend(); ++insert) {
    const auto place = place_of(**insert, elements.size(), context);
    if (!place) return std::nullopt;
    elements.insert(elements.begin() + static_cast<std::ptrdiff_t>(*place), (*insert)->input(1));
  }
  return elements;
}

bool appends(const Node& insert) {
  if (insert.input(2) == nullptr) return true;
  const Node* length = producer_of(insert.input(2), "SequenceLength");
  return length != nullptr && length->input(0) == insert.input(0);
}

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

Result concat_of_sequence(Node& concat, Rewriter& rewriter) {
  const auto elements = known_elements(concat.input(0), rewriter.context());
  if (!elements || elements->empty()) return std::nullopt;
  std::vector<Value*> parts = *elements;
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
  const auto elements = known_elements(at.input(0), rewriter.context());
  if (!elements || elements->empty()) return std::nullopt;
  const auto index = known_number(at.input(1), rewriter.context());
  if (!index) {
    const Type& type = at.input(1)->type();
    if (!type.has_rank() || type.rank() != 0 || !have_one_shape(*elements)) return std::nullopt;
    std::vector<Value*> rows = *elements;
    for (Value*& row : rows) row = rewriter.add("Unsqueeze", {row, rewriter.add_ints({0})});
    Value* all = rewriter.add("Concat", rows, {{"axis", std::int64_t{0}}});
    return Replacement{rewriter.add("Gather", {all, at.input(1)})};
  }
  const auto count = static_cast<std::int64_t>(elements->size());
  const std::int64_t number = *index < 0 ? *index + count : *index;
  if (number < 0 || number >= count) return std::nullopt;
  return Replacement{(*elements)[static_cast<std::size_t>(number)]};
}

Result last_of_insert(Node& at, Rewriter& rewriter) {
  const Node* insert = producer_of(behind_identities(at.input(0)), "SequenceInsert");
  const bool is_last =
      insert != nullptr && appends(*insert) && known_number(at.input(1), rewriter.context()) == -1;
  return is_last ? Result(Replacement{insert->input(1)}) : std::nullopt;
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

Result length_of_sequence(Node& length, Rewriter& rewriter) {
  Value* sequence = behind_identities(length.input(0));
  const auto number = [&](std::size_t count) {
    return rewriter.add_constant("length", Tensor::scalar(static_cast<std::int64_t>(count)));
  };
  if (producer_of(sequence, "SequenceEmpty") != nullptr) return Replacement{number(0)};
  if (const Node* construct = producer_of(sequence, "SequenceConstruct")) {
    return Replacement{number(construct->input_count())};
  }
  const Node* insert = producer_of(sequence, "SequenceInsert");
  if (insert == nullptr) return std::nullopt;
  return Replacement{
      rewriter.add("Add", {rewriter.add("SequenceLength", {insert->input(0)}), number(1)})};
}

namespace {

// The SequenceInsert that makes output `index` of a branch, of a sequence from outside; else
// nullptr.
const Node* insert_of(const Graph& branch, std::size_t index) {
  const Node* insert =
      producer_of(behind_identities(branch.outputs()[index].value), "SequenceInsert");
  const bool fits =
      insert != nullptr && insert->graph() == &branch && insert->input(0)->graph() != &branch;
  return fits && appends(*insert) ? insert : nullptr;
}

// A copy of the branch that delivers the element in place of the sequence.
SubGraph deliver_element(const Graph& branch, std::size_t index, const Node& insert, Graph& outer) {
  Graph::ValueMap copies;
  SubGraph copy = branch.clone(&outer, copies);
  const auto found = copies.find(insert.input(1));
  Value* element = found == copies.end() ? insert.input(1) : found->second;
  Node* sequence = copy->outputs()[index].value->producer();
  // What a branch delivers it makes itself.
  copy->set_output(index, GraphBuilder(*copy).add("Identity", {element}));
  erase_if_dead(sequence);
  return copy;
}

}  // namespace

Result insert_in_branches(Node& node, Rewriter& rewriter) {
  const Graph& yes = node.attr_graph("then_branch");
  const Graph& no = node.attr_graph("else_branch");
  for (std::size_t i = 0; i < node.output_count(); ++i) {
    if (node.output(i) == nullptr || node.output(i)->type().is_tensor()) continue;
    const Node* a = insert_of(yes, i);
    const Node* b = insert_of(no, i);
    if (a == nullptr || b == nullptr || a->input(0) != b->input(0)) continue;
    Node* choice = rewriter.add_node("If", node.inputs(), node.output_count(),
                                     {{"then_branch", deliver_element(yes, i, *a, *node.graph())},
                                      {"else_branch", deliver_element(no, i, *b, *node.graph())}});
    choice->set_name(node.name());
    Replacement replacement;
    for (std::size_t j = 0; j < node.output_count(); ++j) {
      replacement.push_back(node.output(j) == nullptr ? nullptr : choice->output(j));
    }
    replacement[i] = rewriter.add("SequenceInsert", {a->input(0), choice->output(i)});
    return replacement;
  }
  return std::nullopt;
}

}  // namespace gatefold::passes
