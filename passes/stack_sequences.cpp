#include <algorithm>

#include "ir/infer.h"
#include "ir/op_def.h"
#include "passes/axes.h"
#include "passes/known_sequences.h"
#include "passes/loop_condition.h"
#include "passes/passes.h"
#include "passes/recurrent_cell.h"
#include "passes/sub_graphs.h"

namespace gatefold::passes {
namespace {

using Ints = std::vector<std::int64_t>;

// The value that each iteration appends to carried sequence `index`, which starts empty and is read
// by nothing else in the body; nullptr for other carried values.
Value* appended_row(const LoopView& loop, std::size_t index) {
  const Node* insert = producer_of(loop.next(index), "SequenceInsert");
  const bool appends = insert != nullptr && insert->input(0) == loop.state(index) &&
                       insert->input(2) == nullptr && is_used_once(*loop.state(index)) &&
                       is_used_once(*loop.next(index));
  const bool starts_empty = producer_of(loop.initial(index), "SequenceEmpty") != nullptr;
  return appends && starts_empty ? insert->input(1) : nullptr;
}

// True for SequenceAt, and for ConcatFromSequence along a new axis or one along which each row has
// one element.
bool is_readable(const Node& reader, const Value& row, const PassContext& context) {
  const Type& type = row.type();
  if (!type.has_rank()) return false;
  const std::string_view op = reader.op().name;
  if (op == "SequenceAt") return known_number(reader.input(1), context).has_value();
  if (op != "ConcatFromSequence") return false;
  const bool adds_axis = reader.attr_int("new_axis") == 1;
  const std::int64_t rank = type.rank() + (adds_axis ? 1 : 0);
  const std::int64_t axis = positive_axis(reader.attr_int("axis"), rank);
  if (axis < 0 || axis >= rank) return false;
  return adds_axis || (*type.shape)[static_cast<std::size_t>(axis)].is(1);
}

// True when all that is made of the sequence can be made of the stacked rows.
bool is_readable(const Value& sequence, const Value& row, const PassContext& context) {
  return sequence.output_uses() == 0 &&
         std::all_of(sequence.uses().begin(), sequence.uses().end(), [&](const Use& use) {
           return use.user->graph() == sequence.graph() && is_readable(*use.user, row, context);
         });
}

// What `reader` makes of the sequence, made of its elements [T, ...].
Value* build_read(const Node& reader, Value* stacked, Rewriter& rewriter) {
  if (reader.op().name == "SequenceAt") {
    return rewriter.add("Gather", {stacked, reader.input(1)}, {{"axis", std::int64_t{0}}});
  }
  const std::int64_t rank = stacked->type().rank();
  const bool adds_axis = reader.attr_int("new_axis") == 1;
  const std::int64_t axis = positive_axis(reader.attr_int("axis"), adds_axis ? rank : rank - 1);
  if (!adds_axis) stacked = rewriter.add("Squeeze", {stacked, rewriter.add_ints({axis + 1})});
  if (axis == 0) return stacked;
  const Ints perm = moving_axis(stacked->type().rank(), 0, axis);
  return rewriter.add("Transpose", {stacked}, {{"perm", perm}});
}

// A copy of the loop that stacks one more slice of its body.
Node* copy_with_slice(const Node& node, const Value& slice, Rewriter& rewriter) {
  Graph& graph = *node.graph();
  Graph::ValueMap copies;
  SubGraph body = node.attr_graph("body").clone(&graph, copies);
  body->add_output(graph.unique_name(slice.name()), copies.at(&slice));
  Attrs attrs = node.attrs();
  attrs["body"] = body;
  Node* copy = rewriter.add_node("Loop", node.inputs(), node.output_count() + 1, std::move(attrs));
  copy->set_name(node.name());
  return copy;
}

// Carries the sequence no more, which nothing reads.
void drop_sequence(LoopView loop, std::size_t index) {
  loop.body().replace_all_uses(loop.state(index), loop.initial(index));
  Node* insert = loop.next(index)->producer();
  loop.erase_carried(index);
  erase_if_dead(insert);
}

// A sequence that a Loop appends a row to in each iteration -> rows that the Loop stacks. Returns
// the Loop that does so, or nullptr.
Node* stack(Node& node, std::size_t index, PassContext& context) {
  const LoopView loop(node);
  Value* sequence = loop.final_value(index);
  const Value* row = appended_row(loop, index);
  const bool fits = sequence != nullptr && row != nullptr && row->graph() == &loop.body() &&
                    is_readable(*sequence, *row, context);
  if (!fits || !context.allow_rewrite()) return nullptr;
  Graph& graph = *node.graph();
  Rewriter rewriter(node, context);
  Node* copy = copy_with_slice(node, *row, rewriter);
  while (!sequence->uses().empty()) {
    Node* reader = sequence->uses().front().user;
    Value* rows = copy->output(copy->output_count() - 1);
    graph.replace_all_uses(reader->output(), build_read(*reader, rows, rewriter));
    graph.erase_node(reader);
  }
  for (std::size_t i = 0; i < node.output_count(); ++i) {
    if (node.output(i) != nullptr) graph.replace_all_uses(node.output(i), copy->output(i));
  }
  graph.erase_node(&node);
  drop_sequence(LoopView(*copy), index);
  return copy;
}

constexpr Rule kRules[] = {
    {"concat-of-sequence", "ConcatFromSequence", concat_of_sequence},
    {"element-of-sequence", "SequenceAt", element_of_sequence},
    {"element-of-split", "SequenceAt", element_of_split},
    {"length-of-split", "SequenceLength", length_of_split},
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
  return stack_in_loops(graph, context) || has_read;
}

}  // namespace gatefold::passes
