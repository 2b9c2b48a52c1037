#include "passes/row_parts.h"

#include <algorithm>

#include "ir/op_def.h"
#include "passes/axes.h"
#include "passes/column_cut.h"
#include "passes/recurrent_cell.h"
#include "passes/row_range.h"

namespace gatefold::passes {
namespace {

/// One of the values that a Concat puts together, and where it stands in the result.
struct Part {
  Value* value = nullptr;
  IndexRange rows;
};

const Dim& extent_of(const Value& value, std::int64_t axis) {
  return (*value.type().shape)[static_cast<std::size_t>(axis)];
}

// The parts of a Concat along `axis`, as far as it is known where they stand; none for other
// values.
std::vector<Part> parts_of(const Value& value, std::int64_t axis) {
  std::vector<Part> parts;
  const Node* concat = producer_of(&value, "Concat");
  const bool joins = concat != nullptr && value.type().has_rank() &&
                     positive_axis(concat->attr_int("axis"), value.type().rank()) == axis;
  std::int64_t first = 0;
  for (std::size_t i = 0; joins && i < concat->input_count(); ++i) {
    Value* part = concat->input(i);
    if (!part->type().has_rank() || !extent_of(*part, axis).is_known()) break;
    const IndexRange rows{first, first + extent_of(*part, axis).size()};
    parts.push_back({part, rows});
    first = rows.last;
  }
  return parts;
}

// Rows of the Concat: a single part, part of one, or several whole ones; nullptr for others.
Value* build_rows(const std::vector<Part>& parts, IndexRange rows, std::int64_t axis,
                  Rewriter& rewriter) {
  std::vector<Value*> whole;
  std::int64_t next = rows.first;
  for (const Part& part : parts) {
    if (part.rows.first <= rows.first && rows.last <= part.rows.last && part.rows != rows) {
      const std::int64_t offset = part.rows.first;
      return rewriter.add("Slice",
                          {part.value, rewriter.add_ints({rows.first - offset}),
                           rewriter.add_ints({rows.last - offset}), rewriter.add_ints({axis})});
    }
    if (part.rows.first != next || part.rows.last > rows.last) continue;
    whole.push_back(part.value);
    next = part.rows.last;
  }
  if (next != rows.last || whole.empty()) return nullptr;
  return whole.size() == 1 ? whole.front() : rewriter.add("Concat", whole, {{"axis", axis}});
}

/// A ScatterND that replaces one row of `data`.
struct RowUpdate {
  Value* data = nullptr;
  std::int64_t index = 0;
  Value* row = nullptr;  ///< With the axis of the rows.
};

std::optional<RowUpdate> read_update(const Value& value, const Rewriter& rewriter) {
  const Node* scatter = producer_of(&value, "ScatterND");
  const Tensor* indices = scatter == nullptr ? nullptr : rewriter.constant(scatter->input(1));
  if (indices == nullptr || indices->dims() != Dims{1, 1}) return std::nullopt;
  const std::int64_t index = indices->to_int64().front();
  if (scatter->attr_string("reduction") != "none" || index < 0) return std::nullopt;
  return RowUpdate{scatter->input(0), index, scatter->input(2)};
}

}  // namespace

Result row_of_parts(Node& gather, Rewriter& rewriter) {
  const auto row = read_row_range(*gather.output(), rewriter);
  if (!row || !row->drops_axis || row->source != gather.input(0)) return std::nullopt;
  const auto squeezed = [&](Value* value) {
    return Replacement{rewriter.add("Squeeze", {value, rewriter.add_ints({row->axis})})};
  };
  const auto update = read_update(*row->source, rewriter);
  if (update && row->axis == 0) {
    if (update->index == row->first) return squeezed(update->row);
    return Replacement{rewriter.add("Gather", {update->data, gather.input(1)}, gather.attrs())};
  }
  const std::vector<Part> parts = parts_of(*row->source, row->axis);
  Value* part = build_rows(parts, {row->first, row->last}, row->axis, rewriter);
  return part == nullptr ? std::nullopt : Result(squeezed(part));
}

Result rows_of_parts(Node& slice, Rewriter& rewriter) {
  const auto rows = read_row_range(*slice.output(), rewriter);
  if (!rows || rows->source != slice.input(0)) return std::nullopt;
  const std::vector<Part> parts = parts_of(*rows->source, rows->axis);
  Value* part = build_rows(parts, {rows->first, rows->last}, rows->axis, rewriter);
  return part == nullptr ? std::nullopt : Result(Replacement{part});
}

Result split_of_parts(Node& split, Rewriter& rewriter) {
  Replacement replacement(split.output_count());
  for (std::size_t i = 0; i < split.output_count(); ++i) {
    if (split.output(i) == nullptr) continue;
    const auto rows = read_row_range(*split.output(i), rewriter);
    if (!rows) return std::nullopt;
    const std::vector<Part> parts = parts_of(*rows->source, rows->axis);
    replacement[i] = build_rows(parts, {rows->first, rows->last}, rows->axis, rewriter);
    if (replacement[i] == nullptr) return std::nullopt;
  }
  return replacement;
}

Result scatter_of_all_rows(Node& scatter, Rewriter& rewriter) {
  const Type& type = scatter.output()->type();
  if (!type.has_rank() || type.rank() == 0 || !type.shape->front().is_known()) return std::nullopt;
  std::vector<Value*> rows(static_cast<std::size_t>(type.shape->front().size()), nullptr);
  std::size_t missing = rows.size();
  const Value* value = scatter.output();
  for (auto update = read_update(*value, rewriter); update && missing > 0;
       update = read_update(*value, rewriter)) {
    const auto index = static_cast<std::size_t>(update->index);
    if (index >= rows.size()) return std::nullopt;
    Value*& row = rows[index];
    if (row == nullptr) --missing;
    if (row == nullptr) row = update->row;
    value = update->data;
  }
  if (missing > 0 || rows.empty()) return std::nullopt;
  return Replacement{rewriter.add("Concat", rows, {{"axis", std::int64_t{0}}})};
}

}  // namespace gatefold::passes
