#include <algorithm>

#include "ir/op_def.h"
#include "passes/loops/loop_condition.h"
#include "passes/loops/loop_rows.h"
#include "passes/passes.h"
#include "passes/rewriting/axes.h"
#include "passes/rewriting/counts.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/rewrite.h"

namespace gatefold::passes {
namespace {

bool holds_recurrent_node(const Graph& body) {
  return std::any_of(body.nodes().begin(), body.nodes().end(),
                     [](const auto& node) { return is_recurrent(*node); });
}

// True when only the trip count ends the loop.
bool runs_to_the_end(const LoopView& loop, const PassContext& context) {
  if (loop.is_scan()) return true;
  const Value* starts = loop.node().input(loop_port::kCondition);
  const Value* goes_on = loop.body().outputs()[loop_port::kNextCondition].value;
  return known_number(behind_identities(const_cast<Value*>(goes_on)), context) == 1 &&
         (starts == nullptr || known_number(starts, context) == 1);
}

// A carried value that each iteration appends a row to: Concat (acc, row).
std::optional<Value*> build_appended(LoopRows& rows, const LoopView& loop, std::size_t index,
                                     Rewriter& rewriter) {
  const Node* concat = producer_of(behind_identities(loop.next(index)), "Concat");
  const Value* state = loop.state(index);
  if (concat == nullptr || concat->input_count() != 2 || concat->input(0) != state) {
    return std::nullopt;
  }
  if (!is_used_once(*state)) return std::nullopt;
  Value* part = concat->input(1);
  if (!part->type().has_rank()) return std::nullopt;
  const std::int64_t axis = positive_axis(concat->attr_int("axis"), part->type().rank());
  if (!(*part->type().shape)[static_cast<std::size_t>(axis)].is(1)) return std::nullopt;
  const auto appended = rows.rows_of(part);
  if (!appended) return std::nullopt;
  Value* result =
      rewriter.add("Squeeze", {rows.in_order(*appended), rewriter.add_ints({axis + 1})});
  result = rows.with_time_at(result, axis);
  Value* start = loop.initial(index);
  const Type& type = start->type();
  const bool is_empty = type.has_rank() && (*type.shape)[static_cast<std::size_t>(axis)].is(0);
  return is_empty ? result : rewriter.add("Concat", {start, result}, {{"axis", axis}});
}

// A carried value of which each iteration writes a row until all are written: ScatterND (acc, i,
// row).
std::optional<Value*> build_written(LoopRows& rows, const LoopView& loop, std::size_t index,
                                    Rewriter& rewriter) {
  const Node* scatter = producer_of(behind_identities(loop.next(index)), "ScatterND");
  const Value* state = loop.state(index);
  if (scatter == nullptr || scatter->input(0) != state || !is_used_once(*state)) {
    return std::nullopt;
  }
  const Type& type = loop.initial(index)->type();
  const Type& place = scatter->input(1)->type();
  if (!type.has_rank() || !place.is_static() || place.dims() != Dims{1, 1}) return std::nullopt;
  if (scatter->attr_string("reduction") != "none") return std::nullopt;
  const auto is_backwards = rows.counts_backwards(*scatter->input(1), type.shape->front());
  const auto written = is_backwards ? rows.rows_of(scatter->input(2)) : std::nullopt;
  if (!written) return std::nullopt;
  return rewriter.add("Squeeze", {rows.in_order(*written, *is_backwards), rewriter.add_ints({1})});
}

std::optional<Value*> build_stacked(LoopRows& rows, const LoopView& loop, std::size_t index) {
  const auto slices = rows.rows_of(loop.slice(index));
  if (!slices) return std::nullopt;
  if (!loop.is_scan()) return rows.in_order(*slices);
  Value* result = rows.in_order(*slices, loop.list_entry("scan_output_directions", index) == 1);
  return rows.with_time_at(
      result, positive_axis(loop.list_entry("scan_output_axes", index), result->type().rank()));
}

// What replaces the loop's output, nullptr when nobody reads it.
std::optional<Value*> build_result(LoopRows& rows, const LoopView& loop, std::size_t output,
                                   Rewriter& rewriter) {
  const Value* value = loop.node().output(output);
  if (value == nullptr || !value->is_used()) return nullptr;
  const std::size_t carried = loop.carried_count();
  std::optional<Value*> result;
  if (output >= carried) {
    result = build_stacked(rows, loop, output - carried);
  } else {
    result = rows.final_state(output);
    if (!result) result = build_appended(rows, loop, output, rewriter);
    if (!result) result = build_written(rows, loop, output, rewriter);
  }
  if (!result) {
    return rewriter.no_match("output '{}' is neither a state nor made of rows in order",
                             value->name());
  }
  return result;
}

std::optional<Replacement> reroll(Node& node, Rewriter& rewriter) {
  if (!is_loop(node) || !holds_recurrent_node(node.attr_graph("body"))) return std::nullopt;
  const LoopView loop(node);
  if (!runs_to_the_end(loop, rewriter.context())) {
    return rewriter.no_match("its condition is not known to be true");
  }
  LoopRows rows(rewriter, loop);
  Replacement replacement;
  for (std::size_t i = 0; i < node.output_count(); ++i) {
    const auto result = build_result(rows, loop, i, rewriter);
    if (!result) return std::nullopt;
    replacement.push_back(*result);
  }
  return replacement;
}

constexpr Rule kRules[] = {{"loop-of-steps", "", reroll}};

}  // namespace

bool reroll_loops(Graph& graph, PassContext& context) { return rewrite(graph, context, kRules); }

}  // namespace gatefold::passes
