#pragma once

#include <cstdint>

#include "backend/kernel.h"
#include "backend/plain/scratch_layout.h"
#include "ir/ops/recurrent.h"

namespace gatefold::plain {

/// The sequences of a batch as the rows of a recurrent kernel: in order of falling length, so that
/// those still running at a step are the first ones.
class RecurrentRows {
 public:
  RecurrentRows(const Node& node, const RecurrentAttrs& attrs, const RecurrentExtents& extents,
                ScratchLayout& scratch);

  /// To be called at the start of each run. Throws Error for a length outside [0, T].
  void prepare(const Buffers& buffers);

  std::int64_t count() const { return N_; }
  /// The sequence that is a row, and its length.
  std::int64_t sequence(std::int64_t row) const { return order_[row]; }
  std::int64_t length(std::int64_t row) const { return lengths_[row]; }
  /// Steps of the longest sequence.
  std::int64_t steps() const { return N_ == 0 ? 0 : lengths_[0]; }
  /// Rows that have a step s, looking down from `rows`.
  std::int64_t running(std::int64_t rows, std::int64_t s) const {
    while (rows > 0 && lengths_[rows - 1] <= s) --rows;
    return rows;
  }
  /// Where a row's first step in direction d lies in X, Y or workspace, whose strides are given.
  std::int64_t start(std::int64_t row, std::int64_t d,
                     const RecurrentExtents::Strides& strides) const {
    const std::int64_t first_t = directions_[d].is_reverse ? lengths_[row] - 1 : 0;
    return first_t * strides.time + order_[row] * strides.batch + d * strides.direction;
  }
  /// Elements from one step to the next of direction d.
  std::int64_t step(std::int64_t d, const RecurrentExtents::Strides& strides) const {
    return directions_[d].is_reverse ? -strides.time : strides.time;
  }

 private:
  const Node& node_;
  std::vector<RecurrentAttrs::Direction> directions_;
  std::int64_t T_, N_;
  std::size_t order_place_, lengths_place_;
  std::int32_t* order_ = nullptr;
  std::int32_t* lengths_ = nullptr;
};

}  // namespace gatefold::plain
