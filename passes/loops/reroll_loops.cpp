#include <algorithm>
#include <cstdlib>
#include <limits>
#include <numeric>

#include "ir/op_def.h"
#include "passes/loops/loop_condition.h"
#include "passes/loops/loop_rows.h"
#include "passes/passes.h"
#include "passes/rewriting/axes.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/rewrite.h"
#include "passes/rewriting/spell_view.h"

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

/// How a tensor that a loop carries takes in one row in each iteration.
struct RowWrites {
  Value* row = nullptr;  ///< A value of the body.
  /// Which axis of the rows [T, ..] becomes each axis of the tensor; T is number 0.
  std::vector<std::size_t> axes = {};
  bool backwards = false;  ///< The row of the first iteration is the last one.
  /// How many entries of the tensor that the loop receives stay before and behind the rows.
  std::int64_t kept_before = 0;
  std::int64_t kept_behind = 0;

  static constexpr std::int64_t kAll = -1;  ///< Of a tensor that grows.

  // Of the tensor, along which the rows lie.
  std::int64_t axis() const { return std::find(axes.begin(), axes.end(), 0) - axes.begin(); }
};

using Result = std::optional<RowWrites>;

/// What the writes are read from.
struct Writing {
  const Node& node;      ///< Makes the next tensor.
  const Value* state;    ///< The tensor in the body,
  const Shape& extents;  ///< and its extents.
  LoopRows& rows;
  const PassContext& context;

  std::int64_t rank() const { return std::ssize(extents); }
  std::int64_t axis() const { return positive_axis(node.attr_int("axis"), rank()); }
};

// Rows that have an axis in place of that of the time.
RowWrites rows_in_place(Value* row, std::int64_t rank, std::int64_t axis) {
  RowWrites writes{.row = row, .axes = std::vector<std::size_t>(static_cast<std::size_t>(rank))};
  std::iota(writes.axes.begin(), writes.axes.end(), 1);
  writes.axes[static_cast<std::size_t>(axis)] = 0;
  return writes;
}

// Puts the rows to a place along their axis.
bool place(RowWrites& writes, const Count& count, const Writing& writing) {
  const Dim& extent = writing.extents[static_cast<std::size_t>(writes.axis())];
  const auto index = writing.rows.counts().position(count, extent, writes.axes.size() + 1);
  const std::int64_t step = count.per_iteration();
  if (!index || std::abs(step) != 1) return false;
  writes.backwards = step < 0;
  writes.kept_before = index->offset;
  if (step < 0) {
    const std::int64_t last = (extent.is_known() ? extent.size() : 0) - 1;
    writes.kept_before = *index->spare - (last - index->offset);
  }
  writes.kept_behind = *index->spare - writes.kept_before;
  // Of few entries the two sides may overlap.
  return extent.is_known() || writes.kept_before == 0 || writes.kept_behind == 0;
}

// True when the body reads no elements of the tensor but to make the next one.
bool is_read_once(const Writing& writing) {
  const auto& uses = writing.state->uses();
  return writing.state->output_uses() == 0 &&
         std::count_if(uses.begin(), uses.end(),
                       [](const Use& use) { return !use.user->op().reads_only_shapes; }) == 1;
}

// Concat (tensor, row) or Concat (row, tensor)
Result read_append(const Writing& writing) {
  const Node& concat = writing.node;
  const std::size_t port = concat.input(0) == writing.state ? 1 : 0;
  const bool grows = concat.input_count() == 2 && concat.input(1 - port) == writing.state;
  if (!grows || !is_read_once(writing)) return std::nullopt;
  RowWrites writes = rows_in_place(concat.input(port), writing.rank(), writing.axis());
  writes.backwards = port == 0;
  (port == 0 ? writes.kept_behind : writes.kept_before) = RowWrites::kAll;
  return writes;
}

// Concat (tensor [0 .. c], row, tensor [c + 1 ..])
Result read_insertion(const Writing& writing) {
  const Node& concat = writing.node;
  if (concat.input_count() != 3 || writing.state->uses().size() != 2) return std::nullopt;
  std::vector<Count> bounds;
  for (const std::size_t part : {0, 2}) {
    const Node* slice = producer_of(concat.input(part), "Slice");
    const auto axis =
        slice == nullptr ? std::nullopt : known_number(slice->input(3), writing.context);
    const bool is_plain =
        axis && slice->input(0) == writing.state &&
        positive_axis(*axis, writing.rank()) == writing.axis() &&
        (slice->input(4) == nullptr || known_number(slice->input(4), writing.context) == 1);
    const auto inner =
        is_plain ? writing.rows.counts().read(slice->input(part == 0 ? 2 : 1)) : std::nullopt;
    const auto outer = known_number(slice->input(part == 0 ? 1 : 2), writing.context);
    const bool is_whole =
        part == 0 ? outer == 0 : outer.value_or(0) >= std::numeric_limits<std::int32_t>::max();
    if (!inner || !is_whole) return std::nullopt;
    bounds.push_back(*inner);
  }
  RowWrites writes = rows_in_place(concat.input(1), writing.rank(), writing.axis());
  const bool fits = bounds[1] - bounds[0] == Count{.offset = 1};
  return fits && place(writes, bounds[0], writing) ? Result(writes) : std::nullopt;
}

Result read_concat(const Writing& writing) {
  auto writes = read_append(writing);
  if (!writes) writes = read_insertion(writing);
  const bool is_row = writes && writes->row->type().has_rank() &&
                      (*writes->row->type().shape)[static_cast<std::size_t>(writing.axis())].is(1);
  return is_row ? writes : std::nullopt;
}

Count count_along(std::size_t axis) {
  Count count{.strides = Dims(axis + 1, 0)};
  count.strides.back() = 1;
  return count;
}

// Where the updates of a scatter go: their place along each axis of the tensor, by their
// coordinates [T, ..].
std::optional<std::vector<Count>> read_targets(const Writing& writing) {
  CountReader& counts = writing.rows.counts();
  const View indices = writing.rows.in_time(*writing.node.input(1));
  const auto rank = static_cast<std::size_t>(writing.rank());
  std::vector<Count> targets;
  if (writing.node.op().name == "ScatterElements") {
    for (std::size_t axis = 0; axis < rank; ++axis) targets.push_back(count_along(axis + 1));
    const auto along = counts.read(indices);
    if (!along) return std::nullopt;
    targets[static_cast<std::size_t>(writing.axis())] = *along;
    return targets;
  }
  const std::size_t last = indices.rank() - 1;
  std::vector<std::size_t> others(last);
  std::iota(others.begin(), others.end(), 0);
  if (!indices.extents[last].is_known()) return std::nullopt;
  for (std::int64_t column = 0; column < indices.extents[last].size(); ++column) {
    const auto along = counts.read(with_axes(part_of(indices, last, column, 1), others));
    if (!along) return std::nullopt;
    targets.push_back(*along);
  }
  for (std::size_t k = last; targets.size() < rank; ++k) targets.push_back(count_along(k));
  return targets;
}

Result read_scatter(const Writing& writing) {
  RowWrites writes{.row = writing.node.input(2)};
  const bool is_plain = writing.node.attr_string("reduction") == "none" &&
                        writing.node.input(1)->type().has_rank() && writes.row->type().has_rank() &&
                        is_read_once(writing);
  const auto targets = is_plain ? read_targets(writing) : std::nullopt;
  if (!targets) return std::nullopt;
  const View updates = writing.rows.in_time(*writes.row);
  const auto is_free = [&](std::size_t k) {
    return std::find(writes.axes.begin(), writes.axes.end(), k) == writes.axes.end();
  };
  std::optional<Count> by_time;
  for (std::size_t axis = 0; axis < targets->size(); ++axis) {
    const Count& target = (*targets)[axis];
    const Dim& extent = writing.extents[axis];
    std::size_t along = 0;
    if (target.per_iteration() != 0 && !by_time) {
      by_time = target;
    } else {
      // An axis of extent 1 may lie along any such axis.
      const bool is_single = extent.is(1) && target == Count();
      along = 1;
      while (along < updates.rank() && !(is_free(along) && updates.extents[along].same_as(extent) &&
                                         (is_single || target == count_along(along)))) {
        ++along;
      }
      if (along == updates.rank()) return std::nullopt;
    }
    writes.axes.push_back(along);
  }
  return by_time && place(writes, *by_time, writing) ? Result(writes) : std::nullopt;
}

// Reads what an iteration makes of carried value `index` as rows that are added at one end, by
// Concat, or written to places that follow each other: by ScatterND, ScatterElements, or Concat of
// what is before and behind them.
std::optional<RowWrites> read_row_writes(const LoopView& loop, std::size_t index, LoopRows& rows,
                                         const PassContext& context) {
  const Node* node = behind_identities(loop.next(index))->producer();
  const Type& type = loop.initial(index)->type();
  if (node == nullptr || !node->op().domain.empty() || !type.has_rank()) return std::nullopt;
  const Writing writing{*node, loop.state(index), *type.shape, rows, context};
  if (node->op().name == "Concat") return read_concat(writing);
  const bool scatters = node->op().name == "ScatterND" || node->op().name == "ScatterElements";
  return scatters && node->input(0) == writing.state ? read_scatter(writing) : std::nullopt;
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
    Value* start = loop_.initial(index);
    const Dim& extent = (*start->type().shape)[static_cast<std::size_t>(writes->axis())];
    std::vector<Value*> parts{rows};
    for (const bool is_behind : {false, true}) {
      const std::int64_t count = is_behind ? writes->kept_behind : writes->kept_before;
      if (count == 0 || (count == RowWrites::kAll && extent.is(0))) continue;
      Value* kept = start;
      if (count != RowWrites::kAll) {
        const std::int64_t end = is_behind ? std::numeric_limits<std::int64_t>::max() : count;
        kept = rewriter_.add("Slice",
                             {start, rewriter_.add_ints({is_behind ? -count : 0}),
                              rewriter_.add_ints({end}), rewriter_.add_ints({writes->axis()})});
      }
      parts.insert(is_behind ? parts.end() : parts.begin(), kept);
    }
    return parts.size() == 1 ? rows : rewriter_.add("Concat", parts, {{"axis", writes->axis()}});
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

constexpr Rule kReads[] = {{"row-of-slice", "Slice", row_of_slice}};
constexpr Rule kRules[] = {{"loop-of-steps", "", reroll}};

}  // namespace

bool reroll_loops(Graph& graph, PassContext& context) {
  const bool changed = rewrite(graph, context, kReads);
  return rewrite(graph, context, kRules) || changed;
}

}  // namespace gatefold::passes
