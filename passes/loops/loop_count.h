#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "passes/rewriting/rewrite.h"
#include "passes/rewriting/sub_graphs.h"

namespace gatefold {

/// A number that is the same in all iterations of a Loop, times a factor.
struct CountTerm {
  std::string extent = {};  ///< Its name where it is an extent, which is never negative.
  Value* value = nullptr;   ///< Holds it outside the body; nullptr when only the body does.
  std::int64_t factor = 1;
};

/// A whole number in a Loop as a function of the iteration number i: iteration * i + terms +
/// offset.
struct Count {
  std::int64_t iteration = 0;
  std::int64_t offset = 0;
  std::vector<CountTerm> terms = {};

  /// The count in iteration `number`, which is none of i itself.
  Count at(const Count& number) const;
};

Count operator+(const Count& a, const Count& b);
Count operator-(const Count& a, const Count& b);
Count operator*(const Count& a, std::int64_t factor);

/// True when the count is at least `least` in every iteration, however large its extents are.
bool is_at_least(const Count& count, std::int64_t least);

/// Reads values of one element, from the body of a Loop or from around it, as counts. Floats on the
/// way, into which exporters cast what they compare, hold whole numbers; they are exact up to 2^24.
class CountReader {
 public:
  CountReader(const LoopView& loop, const PassContext& context) : loop_(loop), context_(context) {}

  /// Nothing when the value is something else.
  std::optional<Count> read(Value* value);

 private:
  std::optional<Count> compute(Value* value);
  std::optional<Count> read_node(const Node& node);
  std::optional<Count> read_arithmetic(const Node& node);
  std::optional<Count> read_extremum(const Node& node);

  const LoopView& loop_;
  const PassContext& context_;
  int depth_ = 0;
  std::unordered_map<const Value*, std::optional<Count>> known_;
};

/// True when the count is the same in all iterations and made of values from outside the body.
bool is_known_outside(const Count& count);
/// Builds such a count before the loop as an int64 scalar.
Value* build_count(Rewriter& rewriter, const Count& count);

}  // namespace gatefold
