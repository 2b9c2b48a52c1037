#include <algorithm>
#include <limits>
#include <numeric>

#include "ir/op_def.h"
#include "passes/loops/loop_condition.h"
#include "passes/loops/loop_rows.h"
#include "passes/loops/loop_writes.h"
#include "passes/passes.h"
#include "passes/rewriting/axes.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/rewrite.h"
#include "passes/rewriting/spell_view.h"
#include "passes/rewriting/view_axes.h"

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
  Value* goes_on = loop.body().outputs()[loop_port::kNextCondition].value;
  return known_number(behind_identities(goes_on), context) == 1 &&
         (starts == nullptr || known_number(starts, context) == 1);
}

/// Builds what a loop delivers of all its iterations at once.
class Delivery {
 public:
  Delivery(Rewriter& rewriter, const LoopView& loop)
      : rewriter_(rewriter), loop_(loop), rows_(rewriter, loop) {}

  // nullptr when nobody reads the output.
  std::optional<Value*> build(std::size_t output) {
    const Value* value = loop_.node().output(output);
    if (value == nullptr || !value->is_used()) return nullptr;
    const std::size_t carried = loop_.carried_count();
    Value* result = nullptr;
    if (output >= carried) {
      result = build_stacked(output - carried);
    } else {
      result = rows_.final_value(output);
      if (result == nullptr) result = build_written(output);
    }
    if (result == nullptr) {
      return rewriter_.no_match("output '{}' is neither a state nor made of rows in order",
                                value->name());
    }
    return result;
  }

 private:
  Value* build_stacked(std::size_t index) {
    Value* slice = loop_.slice(index);
    if (!slice->type().has_rank()) return nullptr;
    std::vector<std::size_t> axes(static_cast<std::size_t>(slice->type().rank()));
    std::iota(axes.begin(), axes.end(), 1);
    const std::int64_t axis =
        positive_axis(loop_.list_entry("scan_output_axes", index), slice->type().rank() + 1);
    axes.insert(axes.begin() + axis, 0);
    return build_rows(*slice, loop_.list_entry("scan_output_directions", index) == 1, axes);
  }

  Value* build_written(std::size_t index) {
    const auto writes = read_row_writes(loop_, index, rows_, rewriter_.context());
    Value* rows = writes ? build_rows(*writes->row, writes->backwards, writes->axes) : nullptr;
    if (rows == nullptr) return nullptr;
    const std::int64_t kept[] = {writes->kept_before, writes->kept_behind};
    std::vector<Value*> parts;
    if (Value* before = build_kept(index, writes->axis(), 0, kept[0])) parts.push_back(before);
    parts.push_back(rows);
    if (Value* behind = build_kept(index, writes->axis(), -kept[1], kept[1])) {
      parts.push_back(behind);
    }
    return parts.size() == 1 ? rows : rewriter_.add("Concat", parts, {{"axis", writes->axis()}});
  }

  // So many entries of what the loop receives, from the first on; nullptr for none.
  Value* build_kept(std::size_t index, std::int64_t axis, std::int64_t first, std::int64_t count) {
    Value* start = loop_.initial(index);
    const Dim& extent = (*start->type().shape)[static_cast<std::size_t>(axis)];
    if (count == RowWrites::kAll) return extent.is(0) ? nullptr : start;
    if (count == 0) return nullptr;
    const std::int64_t end = first < 0 ? std::numeric_limits<std::int64_t>::max() : count;
    return rewriter_.add("Slice", {start, rewriter_.add_ints({first}), rewriter_.add_ints({end}),
                                   rewriter_.add_ints({axis})});
  }

  Value* build_rows(Value& row, bool backwards, const std::vector<std::size_t>& axes) {
    auto rows = row.type().has_rank() ? rows_.outside(rows_.in_time(row)) : std::nullopt;
    if (rows && backwards) rows = reversed(*rows, 0);
    return rows ? spell(rewriter_, with_axes(*rows, axes)) : nullptr;
  }

  Rewriter& rewriter_;
  const LoopView& loop_;
  LoopRows rows_;
};

std::optional<Replacement> reroll(Node& node, Rewriter& rewriter) {
  if (!is_loop(node) || !holds_recurrent_node(node.attr_graph("body"))) return std::nullopt;
  const LoopView loop(node);
  if (!runs_to_the_end(loop, rewriter.context())) {
    return rewriter.no_match("its condition is not known to be true");
  }
  Delivery delivery(rewriter, loop);
  Replacement replacement;
  for (std::size_t i = 0; i < node.output_count(); ++i) {
    const auto result = delivery.build(i);
    if (!result) return std::nullopt;
    replacement.push_back(*result);
  }
  return replacement;
}

constexpr Rule kRules[] = {{"loop-of-steps", "", reroll}};

}  // namespace

bool reroll_loops(Graph& graph, PassContext& context) { return rewrite(graph, context, kRules); }

}  // namespace gatefold::passes
