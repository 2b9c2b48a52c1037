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

Count count_along(std::size_t axis) {
  Count count{.strides = Dims(axis + 1, 0)};
  count.strides.back() = 1;
  return count;
}

/// Reads what an iteration makes of a carried tensor as rows that are added at one end, by Concat,
/// or written to places that follow each other: by ScatterND, ScatterElements, or Concat of what is
/// before and behind them.
class WriteReader {
 public:
  WriteReader(const LoopView& loop, std::size_t index, LoopRows& rows, const PassContext& context)
      : node_(behind_identities(loop.next(index))->producer()),
        state_(loop.state(index)),
        type_(loop.initial(index)->type()),
        rows_(rows),
        context_(context) {}

  std::optional<RowWrites> read() {
    if (node_ == nullptr || !node_->op().domain.empty() || !type_.has_rank()) return std::nullopt;
    if (node_->op().name == "Concat") {
      if (node_->input_count() == 2) return read_append();
      return node_->input_count() == 3 ? read_insertion() : std::nullopt;
    }
    const bool scatters = node_->op().name == "ScatterND" || node_->op().name == "ScatterElements";
    const bool is_plain = scatters && node_->input(0) == state_ && count_reads() == 1 &&
                          node_->attr_string("reduction") == "none" &&
                          node_->input(1)->type().has_rank() && node_->input(2)->type().has_rank();
    const auto targets = is_plain ? read_targets() : std::nullopt;
    return targets ? arrange(node_->input(2), *targets) : std::nullopt;
  }

 private:
  std::size_t rank() const { return type_.shape->size(); }
  std::size_t axis() const {
    return static_cast<std::size_t>(positive_axis(node_->attr_int("axis"), type_.rank()));
  }

  // How often the body reads elements of the tensor.
  std::ptrdiff_t count_reads() const {
    const auto& uses = state_->uses();
    return state_->output_uses() + std::count_if(uses.begin(), uses.end(), [](const Use& use) {
             return !use.user->op().reads_only_shapes;
           });
  }

  bool is_row(const Value& value) const {
    return value.type().has_rank() && value.type().rank() == type_.rank() &&
           (*value.type().shape)[axis()].is(1);
  }

  // Concat (tensor, row) or Concat (row, tensor)
  std::optional<RowWrites> read_append() const {
    const std::size_t port = node_->input(0) == state_ ? 1 : 0;
    RowWrites writes{.row = node_->input(port), .backwards = port == 0};
    if (node_->input(1 - port) != state_ || count_reads() != 1 || !is_row(*writes.row)) {
      return std::nullopt;
    }
    for (std::size_t k = 0; k < rank(); ++k) writes.axes.push_back(k == axis() ? 0 : k + 1);
    (port == 0 ? writes.kept_behind : writes.kept_before) = RowWrites::kAll;
    return writes;
  }

  // Concat (tensor [0 .. c], row, tensor [c + 1 ..])
  std::optional<RowWrites> read_insertion() {
    const auto end = read_bound(0);
    const auto start = read_bound(2);
    const bool fits = start && end && *start - *end == Count{.offset = 1};
    if (!fits || count_reads() != 2 || !is_row(*node_->input(1))) return std::nullopt;
    return arrange(node_->input(1), targets_in_place(*end));
  }

  // Where the first part of the tensor ends, or the last one begins.
  std::optional<Count> read_bound(std::size_t part) {
    const Node* slice = producer_of(node_->input(part), "Slice");
    if (slice == nullptr || slice->input(0) != state_) return std::nullopt;
    const auto number = [&](std::size_t port) {
      return known_number(slice->input(port), context_);
    };
    const auto along = number(3);
    const bool is_plain =
        along && positive_axis(*along, type_.rank()) == static_cast<std::int64_t>(axis()) &&
        (slice->input(4) == nullptr || number(4) == 1);
    const bool is_open =
        part == 0 ? number(1) == 0 : number(2) >= std::numeric_limits<std::int32_t>::max();
    return is_plain && is_open ? rows_.counts().read(slice->input(part == 0 ? 2 : 1))
                               : std::nullopt;
  }

  // Rows that stay where they are but for one axis.
  std::vector<Count> targets_in_place(const Count& along) const {
    std::vector<Count> targets;
    for (std::size_t k = 0; k < rank(); ++k) targets.push_back(count_along(k + 1));
    targets[axis()] = along;
    return targets;
  }

  // Where the updates of a scatter go: their place along each axis of the tensor, by their
  // coordinates [T, ..].
  std::optional<std::vector<Count>> read_targets() {
    const View indices = rows_.in_time(*node_->input(1));
    if (node_->op().name == "ScatterElements") {
      const auto along = rows_.counts().read(indices);
      return along ? std::optional(targets_in_place(*along)) : std::nullopt;
    }
    const std::size_t last = indices.rank() - 1;
    std::vector<std::size_t> others(last);
    std::iota(others.begin(), others.end(), 0);
    if (!indices.extents[last].is_known()) return std::nullopt;
    std::vector<Count> targets;
    for (std::int64_t column = 0; column < indices.extents[last].size(); ++column) {
      const auto along = rows_.counts().read(with_axes(part_of(indices, last, column, 1), others));
      if (!along) return std::nullopt;
      targets.push_back(*along);
    }
    for (std::size_t k = last; targets.size() < rank(); ++k) targets.push_back(count_along(k));
    return targets;
  }

  // Finds which axis of the rows runs along each one of the tensor.
  std::optional<RowWrites> arrange(Value* row, const std::vector<Count>& targets) const {
    RowWrites writes{.row = row};
    const View rows = rows_.in_time(*row);
    std::optional<Count> by_time;
    for (std::size_t axis = 0; axis < targets.size(); ++axis) {
      const Count& target = targets[axis];
      const Dim& extent = (*type_.shape)[axis];
      if (target.per_iteration() != 0 && !by_time) {
        by_time = target;
        writes.axes.push_back(0);
        continue;
      }
      // An axis of extent 1 may lie along any such axis.
      const bool is_single = extent.is(1) && target == Count();
      std::size_t k = 1;
      while (k < rows.rank() &&
             !(std::count(writes.axes.begin(), writes.axes.end(), k) == 0 &&
               rows.extents[k].same_as(extent) && (is_single || target == count_along(k)))) {
        ++k;
      }
      if (k == rows.rank()) return std::nullopt;
      writes.axes.push_back(k);
    }
    const bool fits = by_time && place(writes, *by_time, rows.rank());
    return fits ? std::optional(writes) : std::nullopt;
  }

  // Puts the rows to a place along their axis.
  bool place(RowWrites& writes, const Count& count, std::size_t rank) const {
    const Dim& extent = (*type_.shape)[static_cast<std::size_t>(writes.axis())];
    const auto index = rows_.counts().position(count, extent, rank);
    const std::int64_t step = count.per_iteration();
    if (!index || std::abs(step) != 1) return false;
    writes.backwards = step < 0;
    const std::int64_t last = (extent.is_known() ? extent.size() : 0) - 1;
    writes.kept_before = step > 0 ? index->offset : *index->spare - (last - index->offset);
    writes.kept_behind = *index->spare - writes.kept_before;
    // Of few entries the two sides may overlap.
    return extent.is_known() || writes.kept_before == 0 || writes.kept_behind == 0;
  }

  const Node* node_;  // Makes the next tensor.
  const Value* state_;
  const Type& type_;
  LoopRows& rows_;
  const PassContext& context_;
};

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
    const auto writes = WriteReader(loop_, index, rows_, rewriter_.context()).read();
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

constexpr Rule kRules[] = {
    {"row-of-slice", "Slice", row_of_slice},
    {"loop-of-steps", "", reroll},
};

}  // namespace

bool reroll_loops(Graph& graph, PassContext& context) { return rewrite(graph, context, kRules); }

}  // namespace gatefold::passes
