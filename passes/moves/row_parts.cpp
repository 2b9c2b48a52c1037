#include "passes/moves/row_parts.h"

#include <algorithm>

#include "ir/op_def.h"
#include "passes/moves/box_update.h"
#include "passes/rewriting/axes.h"
#include "passes/rewriting/column_cut.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/row_range.h"

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
      return cut_rows(rewriter, part.value, axis, {rows.first - offset, rows.last - offset});
    }
    if (part.rows.first != next || part.rows.last > rows.last) continue;
    whole.push_back(part.value);
    next = part.rows.last;
  }
  if (next != rows.last || whole.empty()) return nullptr;
  return whole.size() == 1 ? whole.front() : rewriter.add("Concat", whole, {{"axis", axis}});
}

// True when all that reads the value is another update along the same axis.
bool is_updated_further(const Value& value, std::int64_t axis, const Rewriter& rewriter) {
  if (value.output_uses() > 0 || value.uses().empty()) return false;
  return std::all_of(value.uses().begin(), value.uses().end(), [&](const Use& use) {
    const auto update = use.index == 0 && use.user->op().name == "ScatterND"
                            ? read_box_update(*use.user->output(), rewriter)
                            : std::nullopt;
    return update && update->axis == axis;
  });
}

}  // namespace

Result row_of_parts(Node& gather, Rewriter& rewriter) {
  const auto row = read_row_range(*gather.output(), rewriter);
  if (!row || !row->drops_axis || row->source != gather.input(0)) return std::nullopt;
  const auto squeezed = [&](Value* value) {
    return Replacement{rewriter.add("Squeeze", {value, rewriter.add_ints({row->axis})})};
  };
  const auto update = read_box_update(*row->source, rewriter);
  if (update && row->axis == update->axis) {
    const std::int64_t place = row->first - update->rows.first;
    if (place < 0 || place >= update->rows.size()) {
      return Replacement{rewriter.add("Gather", {update->data, gather.input(1)}, gather.attrs())};
    }
    return squeezed(cut_rows(rewriter, update->updates, row->axis, {place, place + 1}));
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

Result scatters_of_parts(Node& scatter, Rewriter& rewriter) {
  auto update = read_box_update(*scatter.output(), rewriter);
  if (!update) return std::nullopt;
  const std::int64_t axis = update->axis;
  const Dim& extent = extent_of(*scatter.output(), axis);
  if (!extent.is_known() || is_updated_further(*scatter.output(), axis, rewriter)) {
    return std::nullopt;
  }
  // Which value each row is taken from, the last update first, and where that value lies.
  struct Source {
    Value* value = nullptr;
    std::int64_t first = 0;
  };
  std::vector<Source> row_sources(static_cast<std::size_t>(extent.size()));
  Value* rest = nullptr;
  for (; update && update->axis == axis; update = read_box_update(*rest, rewriter)) {
    for (std::int64_t row = update->rows.first; row < update->rows.last; ++row) {
      Source& source = row_sources[static_cast<std::size_t>(row)];
      if (source.value == nullptr) source = {update->updates, update->rows.first};
    }
    rest = update->data;
  }
  std::vector<Value*> parts;
  for (std::size_t first = 0, last = 0; first < row_sources.size(); first = last) {
    const Source source = row_sources[first];
    while (last < row_sources.size() && row_sources[last].value == source.value &&
           row_sources[last].first == source.first) {
      ++last;
    }
    const IndexRange rows{static_cast<std::int64_t>(first) - source.first,
                          static_cast<std::int64_t>(last) - source.first};
    Value* value = source.value == nullptr ? rest : source.value;
    parts.push_back(cut_rows(rewriter, value, axis, rows));
  }
  if (parts.empty()) return std::nullopt;
  return Replacement{parts.size() == 1 ? parts.front()
                                       : rewriter.add("Concat", parts, {{"axis", axis}})};
}

}  // namespace gatefold::passes
