#include "passes/loops/known_sequences.h"

#include <algorithm>

#include "ir/op_def.h"
#include "passes/loops/loop_condition.h"
#include "passes/rewriting/axes.h"
#include "passes/rewriting/counts.h"
#include "passes/rewriting/graph_builder.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/spell_view.h"
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

/// The elements of a sequence as the slices of one value along an axis.
struct Slices {
  Value* rows = nullptr;
  std::int64_t axis = 0;
  bool keep_axis = false;  ///< The elements have the axis, too, with extent 1.
};

std::optional<Slices> slices_of_split(const Value* sequence) {
  const Node* split = producer_of(sequence, "SplitToSequence");
  if (split == nullptr || split->input(1) != nullptr) return std::nullopt;
  const Type& type = split->input(0)->type();
  if (!type.has_rank()) return std::nullopt;
  return Slices{split->input(0), positive_axis(split->attr_int("axis"), type.rank()),
                split->attr_int("keepdims") != 0};
}

// Of known elements of one shape as well.
std::optional<Slices> slices_of(Value* sequence, Rewriter& rewriter) {
  if (const auto slices = slices_of_split(sequence)) return slices;
  auto elements = known_elements(sequence, rewriter.context());
  if (!elements || elements->empty() || !have_one_shape(*elements)) return std::nullopt;
  for (Value*& element : *elements) {
    element = rewriter.add("Unsqueeze", {element, rewriter.add_ints({0})});
  }
  return Slices{rewriter.add("Concat", *elements, {{"axis", std::int64_t{0}}})};
}

// Transpose (x), with Reshape for slices side by side along an axis that each of them has.
Result concat_of_slices(const Node& concat, const Slices& slices, Rewriter& rewriter) {
  const auto& [source, from, keeps_axis] = slices;
  const bool adds_axis = concat.attr_int("new_axis") == 1;
  const std::int64_t rank = source->type().rank();
  const std::int64_t axis =
      positive_axis(concat.attr_int("axis"), adds_axis || keeps_axis ? rank : rank - 1);
  if (keeps_axis) return adds_axis || axis != from ? Result() : Replacement{source};
  if (axis < 0 || axis >= (adds_axis ? rank : rank - 1)) return std::nullopt;
  Value* rows = source;
  if (axis != from) {
    rows = rewriter.add("Transpose", {rows}, {{"perm", moving_axis(rank, from, axis)}});
  }
  if (adds_axis) return Replacement{rows};
  if ((*rows->type().shape)[static_cast<std::size_t>(axis) + 1].is(1)) {
    return Replacement{rewriter.add("Squeeze", {rows, rewriter.add_ints({axis + 1})})};
  }
  std::vector<Value*> extents{rewriter.add_ints({-1})};
  if (axis > 0) {
    const std::vector<std::int64_t> kept(static_cast<std::size_t>(axis), 0);
    extents.insert(extents.begin(), rewriter.add_ints(kept));
  }
  if (axis + 2 < rank) extents.push_back(rewriter.add("Shape", {rows}, {{"start", axis + 2}}));
  Value* shape = extents.front();
  if (extents.size() > 1) shape = rewriter.add("Concat", extents, {{"axis", std::int64_t{0}}});
  return Replacement{rewriter.add("Reshape", {rows, shape})};
}

// Part `index` of a SplitToSequence into parts of several rows.
Result part_of_split(const Node& split, std::int64_t index, Rewriter& rewriter) {
  const Tensor* sizes = rewriter.constant(split.input(1));
  Value* source = split.input(0);
  if (index < 0 || sizes == nullptr || sizes->rank() != 0 || !source->type().has_rank()) {
    return std::nullopt;
  }
  const std::int64_t axis = positive_axis(split.attr_int("axis"), source->type().rank());
  const std::int64_t size = sizes->to_int64().front();
  const Dim& extent = (*source->type().shape)[static_cast<std::size_t>(axis)];
  const std::int64_t first = index * size;
  if (size < 1 || !extent.is_known() || first >= extent.size()) return std::nullopt;
  const Dim count = std::min(size, extent.size() - first);
  const auto number = static_cast<std::size_t>(axis);
  return Replacement{spell(rewriter, part_of(view_of(*source), number, first, count))};
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
  if (const auto slices = slices_of_split(concat.input(0))) {
    return concat_of_slices(concat, *slices, rewriter);
  }
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
  Value* sequence = behind_identities(at.input(0));
  const Node* insert = producer_of(sequence, "SequenceInsert");
  const auto index = known_number(at.input(1), rewriter.context());
  if (insert != nullptr && index == -1 && appends(*insert)) return Replacement{insert->input(1)};
  const auto elements = known_elements(sequence, rewriter.context());
  if (elements && index) {
    const std::int64_t number = *index < 0 ? *index + std::ssize(*elements) : *index;
    if (number < 0 || number >= std::ssize(*elements)) return std::nullopt;
    return Replacement{(*elements)[static_cast<std::size_t>(number)]};
  }
  const Node* split = producer_of(sequence, "SplitToSequence");
  if (split != nullptr && split->input(1) != nullptr && index) {
    return part_of_split(*split, *index, rewriter);
  }
  const Type& type = at.input(1)->type();
  const auto slices =
      type.has_rank() && type.rank() == 0 ? slices_of(sequence, rewriter) : std::nullopt;
  if (!slices) return std::nullopt;
  const auto& [rows, axis, keeps_axis] = *slices;
  Value* row = rewriter.add("Gather", {rows, at.input(1)}, {{"axis", axis}});
  if (keeps_axis) row = rewriter.add("Unsqueeze", {row, rewriter.add_ints({axis})});
  return Replacement{row};
}

Result length_of_sequence(Node& length, Rewriter& rewriter) {
  Value* sequence = behind_identities(length.input(0));
  const Node* node = sequence->producer();
  const auto number = [&](std::int64_t count) {
    return rewriter.add_constant("length", Tensor::scalar(count));
  };
  if (node == nullptr) return std::nullopt;
  const std::string_view op = node->op().name;
  if (op == "SequenceEmpty") return Replacement{number(0)};
  if (op == "SequenceConstruct") return Replacement{number(std::ssize(node->inputs()))};
  if (op == "SequenceInsert") {
    Value* before = rewriter.add("SequenceLength", {node->input(0)});
    return Replacement{rewriter.add("Add", {before, number(1)})};
  }
  const auto slices = slices_of_split(sequence);
  if (!slices) return std::nullopt;
  Value* dims = rewriter.add("Shape", {slices->rows});
  return Replacement{rewriter.add("Gather", {dims, number(slices->axis)})};
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
