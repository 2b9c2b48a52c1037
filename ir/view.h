#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "ir/graph.h"

/// Views: where the elements of a value lie in another one.
///
/// The axes of a value fall into *runs*: the first axis and every axis whose extent is not known
/// begin one, and axes with known extents that follow belong to it. X [T, N, I] with T and N not
/// known has the runs [T] and [N, I]; W [4, H, I] is a single run. Within a run, the element with
/// the coordinates (i_0, i_1, .., i_n) has the position (.. (i_0 e_1 + i_1) e_2 + ..) e_n + i_n,
/// where e_1 .. e_n are known.
///
/// A view of extents [E_0, E_1, ..] says for each run of its source where its element (a_0, a_1,
/// ..) is found there:
///
///   position in the run = offset + ends * (length of the run) + sum over k of stride_k * a_k
///
/// Strides may be 0 (an element is repeated) and negative (an axis is read backwards); `ends` is 1
/// where something is counted from an end that is not known, as the last step of a sequence.
///
/// Views compose: where an operator only moves elements, a view of its result is a view of its
/// input (`behind`). Where an operator puts several values together, a view of a part that one of
/// them holds is a view of that one. Not every move is a view. A Reshape of [T, N, I] to [T * N, I]
/// joins two runs, and one of a transposed matrix [I, N]' to [N * I] joins axes whose strides do
/// not follow from each other: element a of the result would lie at (a / I) + (a % I) * N, which is
/// not linear in a. `behind` returns nothing for those.
namespace gatefold {

/// The position in one run of the source, or the coordinate along one of its axes, as a function of
/// the coordinates of a view.
struct ViewIndex {
  std::int64_t offset = 0;
  std::int64_t ends = 0;
  Dims strides = {};  ///< One for each axis of the view.
  /// Where an axis k of the view, whose extent is not known, runs along here: the length of the run
  /// is |stride_k| E_k + spare. Nothing where that is not known either.
  std::optional<std::int64_t> spare = 0;

  static ViewIndex constant(std::int64_t offset, std::size_t rank) {
    return {.offset = offset, .strides = Dims(rank, 0)};
  }
  /// Counts along one axis of the view.
  static ViewIndex along(std::size_t axis, std::size_t rank);
  /// Adds another index times a factor, all but its `ends`.
  void add(const ViewIndex& index, std::int64_t factor);
  bool operator==(const ViewIndex&) const = default;
};

/// Where the elements of a value of these extents lie in `source`.
struct View {
  Value* source = nullptr;
  Shape extents;
  std::vector<ViewIndex> runs = {};  ///< One for each run of the source's axes.

  std::size_t rank() const { return extents.size(); }
  bool operator==(const View&) const = default;
};

/// The smallest and the largest number that an index takes.
struct IndexSpan {
  std::int64_t first = 0;
  std::int64_t last = 0;
};

/// An index as quotient * size + rest with 0 <= rest < size at every element.
struct IndexDivision {
  ViewIndex quotient;
  ViewIndex rest;
};

/// Returns the view of all elements of a value where they are. The rank must be known.
View view_of(Value& value);
/// Returns the coordinates along the axes of the source, one index each; nothing where an axis of
/// the view runs over several axes of the source or over parts of them.
std::optional<std::vector<ViewIndex>> coordinates_of(const View& view);
/// The same along other axes of the same runs, of these extents.
std::optional<std::vector<ViewIndex>> coordinates_of(const View& view, const Shape& shape);
/// Returns the view of these extents whose elements have these coordinates in `source`.
View view_at(Value& source, Shape extents, const std::vector<ViewIndex>& coordinates);
/// Returns the same elements as a view of `source`, which has the elements of the view's source in
/// the same order but other extents; nothing where an end that is not known would lie elsewhere.
/// With `adds_units` only axes of extent 1 differ.
std::optional<View> reshaped(const View& view, Value& source, bool adds_units);

/// Returns the numbers that an index takes where they are known: not relative to an end that is
/// not, nor along axes whose extents are not.
std::optional<IndexSpan> span_of(const ViewIndex& index, const Shape& extents);
/// Divides an index of a view of these extents; nothing where the quotient is not linear.
std::optional<IndexDivision> divide(const ViewIndex& index, std::int64_t size,
                                    const Shape& extents);

/// Returns the elements of an operand that make those of a view of the result of an operator that
/// works element by element and repeats its operands as NumPy does: Add, Where, Expand. Nothing
/// where it is not known which axes are repeated.
std::optional<View> broadcast(const View& result, Value& operand);
/// Returns numbers as a linear function of the coordinates of a view of these extents, which reads
/// them at `place`; `number` gives the one at a place, or nothing. Nothing where one is missing or
/// they do not lie at equal distances along each axis.
std::optional<ViewIndex> line_through(
    const ViewIndex& place, const Shape& extents,
    const std::function<std::optional<std::int64_t>(std::int64_t)>& number);
/// Returns the numbers of a view of indices as a function of its coordinates: of constants, ranges
/// and sums of such, where they are linear. Negative ones count from an end; nothing where only
/// some are negative.
std::optional<ViewIndex> indices_of(const View& view);

/// Returns integers that are known while compiling; nothing for others and for no value.
std::optional<std::vector<std::int64_t>> known_ints(const Value* value);

/// Returns the part of a view with `extent` elements along one axis, from `first` on, `step` apart.
View part_of(const View& view, std::size_t axis, std::int64_t first, Dim extent,
             std::int64_t step = 1);
/// Returns the view of these extents whose elements have these coordinates in what `inner` is a
/// view of; nothing where the end from which one of them counts is not an end of the source.
std::optional<View> view_through(const View& inner, Shape extents,
                                 const std::vector<ViewIndex>& coordinates);
/// Returns the view with these of its axes, in this order; the elements of the others are taken at
/// their coordinates 0.
View with_axes(const View& view, const std::vector<std::size_t>& axes);
/// Returns the view read backwards along an axis; nothing where the end of that is not known.
std::optional<View> reversed(const View& view, std::size_t axis);
/// Returns two views that lie one behind the other along `axis` as one; they have the same extents
/// along the others. Nothing where they do not follow each other in one source.
std::optional<View> joined(const View& first, const View& second, std::size_t axis);

/// Returns the same elements as a view of an input of the source's producer, when that only moves
/// elements and all elements of the view come from one input: see the table in view_rules.cpp.
std::optional<View> behind(const View& view);
/// The same for Concat, ScatterND and ScatterElements, which put values together.
std::optional<View> behind_join(const View& view);
/// Follows `behind` as far as it leads.
View origin_of(View view);

/// A part of a value with a view of its own: a box of the value's coordinates.
struct ViewPart {
  std::vector<std::int64_t> first;  ///< Of the coordinates; the extents are those of the view.
  View view;
};

/// Returns the view along `axis` as parts that each come from one input of the operator that
/// produces the source, in order: of a Concat, or of a ScatterND or ScatterElements that replaces a
/// range along one axis. A single part where it does not have to be split; nothing
/// where the seams are not known.
std::optional<std::vector<ViewPart>> split_at_seams(const View& view, std::size_t axis);

}  // namespace gatefold
