#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ir/view.h"
#include "passes/rewriting/rewrite.h"
#include "passes/rewriting/sub_graphs.h"

/// Counts: whole numbers as linear functions of the coordinates (a_0, a_1, ..) of a view of them
/// (ir/view.h). In a loop, a_0 is the number of the iteration, from 0.
namespace gatefold {

/// A whole number that is not known, times a factor.
struct CountTerm {
  std::string extent = {};        ///< Its name where it is an extent, which is never negative.
  std::optional<View> read = {};  ///< What holds it; nothing when only the body of a loop does.
  std::int64_t factor = 1;
};

/// offset + sum over k of strides_k * a_k + terms
struct Count {
  std::int64_t offset = 0;
  Dims strides = {};  ///< Of the first axes; those of others are 0.
  std::vector<CountTerm> terms = {};

  std::int64_t per_iteration() const { return strides.empty() ? 0 : strides.front(); }
  /// The count in iteration `number`, which itself is none of a_0.
  Count at(const Count& number) const;
};

Count operator+(const Count& a, const Count& b);
Count operator-(const Count& a, const Count& b);
Count operator*(const Count& a, std::int64_t factor);
bool operator==(const Count& a, const Count& b);

/// True when the count is at least `least` everywhere, however large its extents are.
bool is_at_least(const Count& count, std::int64_t least);

/// The elements of an operand that an element-wise operator makes those of a view of its result of,
/// by the same coordinates; nothing where it is not known which.
std::optional<View> operand_of(const View& view, Value* operand);

/// The number that a value of one integer or boolean element is known to be.
std::optional<std::int64_t> known_number(const Value* value, const PassContext& context);

/// Reads integers as counts, in the body of a loop and around it. Floats on the way, into which
/// exporters cast what they compare, hold whole numbers; they are exact up to 2^24.
class CountReader {
 public:
  /// As `behind` of ir/view.h: looks through what moves elements.
  using Behind = std::function<std::optional<View>(const View& view)>;

  explicit CountReader(const PassContext& context, const LoopView* loop = nullptr,
                       Behind behind = gatefold::behind)
      : context_(context), loop_(loop), behind_(std::move(behind)) {}

  /// The value of one element; nothing when it is something else than a count.
  std::optional<Count> read(Value* value);
  std::optional<Count> read(const View& view);
  /// What is positive, all of it, where a condition made of comparisons holds: b - a of a < b; with
  /// `negates` where it does not hold. Nothing when it is made of something else.
  std::optional<std::vector<Count>> read_condition(const View& condition, bool negates = false);
  std::optional<std::vector<Count>> read_condition(Value* condition);

  /// How often the loop runs, as far as its trip count or the sequences of a Scan tell.
  std::optional<Count> trips();
  /// True when a count is at least `least` in all these iterations.
  bool stays_at_least(const Count& count, std::int64_t least);
  /// The entry along an axis of this extent that a count names in each iteration, from its start,
  /// as an index of a view of this rank; nothing when it always is the same one or may be none.
  std::optional<ViewIndex> position(const Count& count, const Dim& extent, std::size_t rank);
  /// The axis of which a Slice takes one entry in each iteration, counted from its start; nothing
  /// when it may be none or several.
  std::optional<std::int64_t> axis_of_entry(const Node& slice);

 private:
  std::optional<Count> compute(const View& view);
  std::optional<Count> read_known(const View& view) const;
  std::optional<Count> read_node(const Node& node, const View& view);
  std::optional<Count> read_arithmetic(const Node& node, const View& view);
  std::optional<Count> read_extremum(const Node& node, const View& view);
  std::optional<Count> read_choice(const Node& node, const View& view);
  std::optional<Count> read_range(const Node& node, const View& view);
  std::optional<Count> read_operand(const Node& node, std::size_t port, const View& view);
  std::optional<Count> read_distance(const Node& node, const View& view, bool negates);
  bool collect(const View& condition, bool negates, std::vector<Count>& distances);
  bool is_outside(const Value& value) const;

  const PassContext& context_;
  const LoopView* loop_;
  Behind behind_;
  int depth_ = 0;  // Of what is read,
  int parts_ = 0;  // and how many parts the condition has that is.
  std::unordered_map<const Value*, std::vector<std::pair<View, std::optional<Count>>>> known_;
};

/// True when the count is one number, made of what stands outside the body.
bool is_known_outside(const Count& count);
/// Builds such a count as an int64 scalar.
Value* build_count(Rewriter& rewriter, const Count& count);

}  // namespace gatefold
