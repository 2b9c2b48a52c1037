#include <algorithm>
#include <cstdlib>

#include "ir/op_def.h"
#include "passes/rewriting/axes.h"
#include "passes/rewriting/counts.h"

namespace gatefold {
namespace {

std::optional<Count> length_of(const Dim& extent) {
  if (extent.is_known()) return Count{.offset = extent.size()};
  return extent.is_symbol() ? std::optional(Count{.terms = {{.extent = extent.symbol()}}})
                            : std::nullopt;
}

// The extent of a value along an axis.
std::optional<Count> length_along(const Value& value, std::int64_t axis) {
  return length_of((*value.type().shape)[static_cast<std::size_t>(axis)]);
}

}  // namespace

std::optional<Count> CountReader::trips() {
  if (loop_ == nullptr) return std::nullopt;
  if (!loop_->is_scan()) return read(loop_->node().input(0));
  const Value* rows = loop_->node().input(loop_->carried_count());
  if (rows == nullptr || !rows->type().has_rank()) return std::nullopt;
  return length_along(*rows,
                      positive_axis(loop_->list_entry("scan_input_axes", 0), rows->type().rank()));
}

// A linear function that falls is smallest in the last iteration.
bool CountReader::stays_at_least(const Count& count, std::int64_t least) {
  if (count.per_iteration() >= 0) return is_at_least(count, least);
  const auto last = trips();
  return last && is_at_least(count.at(*last - Count{.offset = 1}), least);
}

std::optional<ViewIndex> CountReader::position(const Count& count, const Dim& extent,
                                               std::size_t rank) {
  const auto length = length_of(extent);
  const auto runs = trips();
  if (!length || !runs || *runs == Count()) return std::nullopt;
  const Count place = stays_at_least(count * -1, 1) ? count + *length : count;
  const std::int64_t step = count.per_iteration();
  const bool is_inside = step != 0 &&
                         std::count(count.strides.begin() + 1, count.strides.end(), 0) + 1 ==
                             std::ssize(count.strides) &&
                         stays_at_least(place, 0) && stays_at_least(*length - place, 1);
  const Count spare = *length - *runs * std::abs(step);
  if (!is_inside || spare != Count{.offset = spare.offset}) return std::nullopt;
  ViewIndex index = ViewIndex::along(0, rank);
  index.offset = place.offset;
  index.strides.front() = step;
  index.spare = spare.offset;
  for (const CountTerm& term : place.terms) {
    if (term.extent != extent.symbol()) return std::nullopt;
    index.ends += term.factor;
  }
  return index;
}

std::optional<std::int64_t> CountReader::axis_of_entry(const Node& slice) {
  const auto axis = known_number(slice.input(3), context_);
  const Value& source = *slice.input(0);
  const bool is_plain = slice.input(4) == nullptr || known_number(slice.input(4), context_) == 1;
  if (!axis || !is_plain || !source.type().has_rank()) return std::nullopt;
  const auto first = read(slice.input(1));
  const auto end = first ? read(slice.input(2)) : std::nullopt;
  if (!end || *end - *first != Count{.offset = 1}) return std::nullopt;
  // Counted from the end, the entry before the end has no index to stop at.
  const std::int64_t number = positive_axis(*axis, source.type().rank());
  const auto length = length_along(source, number);
  const bool is_inside = length && stays_at_least(*first, 0) && stays_at_least(*length - *first, 1);
  return is_inside ? std::optional(number) : std::nullopt;
}

}  // namespace gatefold
