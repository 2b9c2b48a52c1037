#include <algorithm>
#include <limits>

#include "ir/infer.h"
#include "ir/op_def.h"
#include "passes/loops/known_sequences.h"
#include "passes/loops/loop_condition.h"
#include "passes/passes.h"
#include "passes/rewriting/axes.h"
#include "passes/rewriting/counts.h"
#include "passes/rewriting/graph_builder.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/rewrite.h"
#include "passes/rewriting/sub_graphs.h"

namespace gatefold::passes {
namespace {

/// How a Loop makes a sequence that it carries longer: by one element in each iteration.
struct Growth {
  Value* row = nullptr;            ///< The element, a value of the body or from outside.
  bool at_front = false;           ///< Before those that are there; else behind them.
  std::vector<Value*> given = {};  ///< What the sequence starts with.
  std::vector<Node*> reads = {};   ///< Of the newest element or the length, in the body.
};

// True for the index of the newest element, counted from either end, before the body adds another.
bool is_newest(Value* index, const LoopView& loop, const Growth& growth,
               const PassContext& context) {
  if (growth.at_front) return known_number(index, context) == 0;
  const auto place = CountReader(context, &loop).read(index);
  if (!place || !place->terms.empty()) return false;
  const bool is_last = place->per_iteration() == 0 && place->offset == -1;
  const auto given = static_cast<std::int64_t>(growth.given.size());
  return is_last || (place->per_iteration() == 1 && place->offset == given - 1);
}

// True for what the body may ask of the sequence before it adds to it: its newest element, which is
// what the iteration before added or the loop was given, and its length.
bool is_followed(const Node& read, const LoopView& loop, const Growth& growth,
                 const PassContext& context) {
  if (read.op().name == "SequenceLength") return true;
  return read.op().name == "SequenceAt" && !growth.given.empty() &&
         is_newest(read.input(1), loop, growth, context);
}

// How carried sequence `index` grows; nothing for other carried values.
std::optional<Growth> read_growth(const LoopView& loop, std::size_t index,
                                  const PassContext& context) {
  const Value* state = loop.state(index);
  if (state->type().kind != Type::Kind::kSequence || state->output_uses() > 0) return std::nullopt;
  const Node* insert = producer_of(loop.next(index), "SequenceInsert");
  if (insert == nullptr || insert->input(0) != state || !is_used_once(*loop.next(index))) {
    return std::nullopt;
  }
  Growth growth{.row = insert->input(1), .at_front = !appends(*insert)};
  if (growth.at_front && known_number(insert->input(2), context) != 0) return std::nullopt;
  const auto given = known_elements(loop.initial(index), context);
  if (!given) return std::nullopt;
  growth.given = *given;
  for (const Use& use : state->uses()) {
    if (use.user == insert) continue;
    if (!is_followed(*use.user, loop, growth, context)) return std::nullopt;
    growth.reads.push_back(use.user);
  }
  return growth;
}

bool is_certain(const Dim& dim) { return dim.is_known() || dim.is_symbol(); }

// True when all elements surely have the shape of the rows.
bool has_one_shape(const Growth& growth) {
  const Type& type = growth.row->type();
  return type.has_rank() && std::all_of(type.shape->begin(), type.shape->end(), is_certain) &&
         std::all_of(growth.given.begin(), growth.given.end(),
                     [&](const Value* element) { return have_same_shape(element->type(), type); });
}

// True for ConcatFromSequence, which takes no elements of different shapes: along a new axis, or
// along one of which the extent is certain.
bool wants_one_shape(const Node& reader, const Growth& growth) {
  const Type& type = growth.row->type();
  if (reader.op().name != "ConcatFromSequence" || !type.has_rank()) return false;
  const std::int64_t axis = positive_axis(reader.attr_int("axis"), type.rank());
  const bool is_along = reader.attr_int("new_axis") == 1 ||
                        (axis >= 0 && axis < type.rank() &&
                         is_certain((*type.shape)[static_cast<std::size_t>(axis)]));
  return is_along && std::all_of(growth.given.begin(), growth.given.end(), [&](const Value* given) {
           return given->type().has_rank() && fit_together(type, given->type(), -1);
         });
}

// True when the elements can be stacked for all that reads the sequence.
bool can_be_stacked(const Value* sequence, const Growth& growth) {
  if (has_one_shape(growth)) return true;
  return sequence != nullptr &&
         std::all_of(sequence->uses().begin(), sequence->uses().end(),
                     [&](const Use& use) { return wants_one_shape(*use.user, growth); });
}

// The sequence of the elements given and the rows [T, ..] that the loop stacks.
Value* build_sequence(const Growth& growth, Value* rows, Rewriter& rewriter) {
  const auto ints = [&](std::int64_t number) { return rewriter.add_ints({number}); };
  const Attrs along_time{{"axis", std::int64_t{0}}};
  if (growth.at_front) {
    const std::int64_t end = std::numeric_limits<int>::min();
    rows = rewriter.add("Slice", {rows, ints(-1), ints(end), ints(0), ints(-1)});
  }
  std::vector<Value*> parts;
  for (Value* element : growth.given)
    parts.push_back(rewriter.add("Unsqueeze", {element, ints(0)}));
  parts.insert(growth.at_front ? parts.begin() : parts.end(), rows);
  if (parts.size() > 1) rows = rewriter.add("Concat", parts, along_time);
  return rewriter.add("SplitToSequence", {rows},
                      {{"axis", std::int64_t{0}}, {"keepdims", std::int64_t{0}}});
}

// The length of the sequence in an iteration, before it grows.
Value* build_length(const LoopView& loop, const Growth& growth, Rewriter& rewriter) {
  Value* iteration = loop.body().inputs()[loop_port::kIteration];
  if (growth.given.empty()) return iteration;
  const auto count = static_cast<std::int64_t>(growth.given.size());
  return rewriter.add("Add", {iteration, rewriter.add_constant("given", Tensor::scalar(count))});
}

// Carries the newest element in place of the sequence, or nothing where nobody reads it.
void drop_sequence(LoopView loop, std::size_t index, const Growth& growth, PassContext& context) {
  Value* state = loop.state(index);
  Node* insert = loop.next(index)->producer();
  bool reads_newest = false;
  for (Node* read : growth.reads) {
    Rewriter rewriter(*read, context);
    const bool reads_length = read->op().name == "SequenceLength";
    reads_newest = reads_newest || !reads_length;
    read->graph()->replace_all_uses(read->output(),
                                    reads_length ? build_length(loop, growth, rewriter) : state);
  }
  for (Node* read : growth.reads) erase_if_dead(read);
  if (reads_newest) {
    Value* newest = growth.at_front ? growth.given.front() : growth.given.back();
    loop.node().set_input(loop.first_carried() + index, newest);
    loop.body().set_output(index + 1, growth.row);
  } else {
    loop.body().replace_all_uses(state, loop.initial(index));
    loop.erase_carried(index);
  }
  erase_if_dead(insert);
}

// Puts a loop with the same body in place of one, which also stacks a value of the body.
Node* add_slice(const LoopView& loop, Value* slice, Rewriter& rewriter) {
  Node& node = loop.node();
  loop.body().add_output(node.graph()->unique_name(slice->name()), slice);
  Node* wider = rewriter.add_node("Loop", node.inputs(), node.output_count() + 1, node.attrs());
  wider->set_name(node.name());
  for (std::size_t i = 0; i < node.output_count(); ++i) {
    if (node.output(i) != nullptr) node.graph()->replace_all_uses(node.output(i), wider->output(i));
  }
  return wider;
}

// A sequence that a Loop adds a row to in each iteration -> rows that the Loop stacks. Returns the
// Loop that does so, or nullptr.
Node* stack(Node& node, std::size_t index, PassContext& context) {
  const LoopView loop(node);
  const Value* sequence = loop.final_value(index);
  auto growth = read_growth(loop, index, context);
  const bool is_read = sequence != nullptr && sequence->is_used();
  if (!growth || (is_read ? sequence->output_uses() > 0 : growth->reads.empty())) return nullptr;
  if (!can_be_stacked(is_read ? sequence : nullptr, *growth) || !context.allow_rewrite()) {
    return nullptr;
  }
  // What a body delivers it makes itself.
  if (growth->row->graph() != &loop.body()) {
    growth->row = GraphBuilder(loop.body()).add("Identity", {growth->row});
  }
  if (!is_read) {
    drop_sequence(loop, index, *growth, context);
    return &node;
  }
  Rewriter rewriter(node, context);
  Node* result = add_slice(loop, growth->row, rewriter);
  Value* rows = result->output(result->output_count() - 1);
  node.graph()->replace_all_uses(result->output(index), build_sequence(*growth, rows, rewriter));
  node.graph()->erase_node(&node);
  drop_sequence(LoopView(*result), index, *growth, context);
  return result;
}

constexpr Rule kRules[] = {
    {"concat-of-sequence", "ConcatFromSequence", concat_of_sequence},
    {"element-of-sequence", "SequenceAt", element_of_sequence},
    {"length-of-sequence", "SequenceLength", length_of_sequence},
    {"insert-in-branches", "If", insert_in_branches},
};

bool stack_in_loops(Graph& graph, PassContext& context) {
  std::vector<Node*> loops;
  bool changed = false;
  for (const auto& node : graph.nodes()) {
    for (Graph* inner : node->sub_graphs()) changed = stack_in_loops(*inner, context) || changed;
    if (is_loop(*node) && node->op().name == "Loop") loops.push_back(node.get());
  }
  for (Node* loop : loops) {
    for (std::size_t i = LoopView(*loop).carried_count(); i-- > 0;) {
      Node* copy = stack(*loop, i, context);
      if (copy == nullptr) continue;
      loop = copy;
      changed = true;
    }
  }
  if (changed) infer_types(graph);
  return changed;
}

}  // namespace

bool stack_sequences(Graph& graph, PassContext& context) {
  const bool has_read = rewrite(graph, context, kRules);
  if (!stack_in_loops(graph, context)) return has_read;
  rewrite(graph, context, kRules);
  return true;
}

}  // namespace gatefold::passes
