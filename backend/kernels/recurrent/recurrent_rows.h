#pragma once

#include <cstdint>
#include <vector>

#include "backend/kernel.h"
#include "backend/products/scratch_layout.h"
#include "backend/simd/team.h"
#include "ir/ops/recurrent.h"

namespace gatefold::native {

/// The sequences of a batch as the rows of a recurrent kernel: one row per sequence, in order of
/// falling length, so that those still running at a time step are the first ones.
class RecurrentRows {
 public:
  RecurrentRows(const Node& node, const RecurrentAttrs& attrs, const RecurrentExtents& extents,
                ScratchLayout& scratch);

  bool is_reverse(std::int64_t d) const { return directions_[d].is_reverse; }
  /// Reads the lengths; call it at the start of each run. Throws Error for a length outside [0, T].
  void prepare(const Buffers& buffers);

  std::int64_t count() const { return N_; }
  /// Return the number of a row's sequence, and its length.
  std::int64_t sequence(std::int64_t row) const { return order_[row]; }
  std::int64_t length(std::int64_t row) const { return lengths_[row]; }
  /// Returns the length of the longest sequence.
  std::int64_t steps() const { return N_ == 0 ? 0 : lengths_[0]; }
  /// Returns how many of the first `rows` rows have a step s.
  std::int64_t running(std::int64_t rows, std::int64_t s) const {
    while (rows > 0 && lengths_[rows - 1] <= s) --rows;
    return rows;
  }
  /// Returns where a row's first step in direction d lies in X, Y or workspace, given its strides.
  std::int64_t start(std::int64_t row, std::int64_t d,
                     const RecurrentExtents::Strides& strides) const {
    const std::int64_t first_t = directions_[d].is_reverse ? lengths_[row] - 1 : 0;
    return first_t * strides.time + order_[row] * strides.batch + d * strides.direction;
  }
  /// Returns where a row's step s lies.
  std::int64_t place(std::int64_t row, std::int64_t d, std::int64_t s,
                     const RecurrentExtents::Strides& strides) const {
    return start(row, d, strides) + s * step(d, strides);
  }
  /// Returns where a row's initial and last states lie in direction d.
  std::int64_t state_place(std::int64_t row, std::int64_t d) const {
    return order_[row] * state_.batch + d * state_.direction;
  }
  /// Clears Y or workspace behind the ends of the sequences: `width` numbers per step.
  void clear_padding(float* output, const RecurrentExtents::Strides& strides, std::int64_t d,
                     std::int64_t width) const;
  /// Returns the number of elements from one step to the next in direction d.
  std::int64_t step(std::int64_t d, const RecurrentExtents::Strides& strides) const {
    return directions_[d].is_reverse ? -strides.time : strides.time;
  }

 private:
  const Node& node_;
  std::vector<RecurrentAttrs::Direction> directions_;
  RecurrentExtents::Strides state_;
  std::int64_t T_, N_;
  std::size_t order_place_, lengths_place_;
  std::int32_t* order_ = nullptr;
  std::int32_t* lengths_ = nullptr;
};

/// The running rows of some steps of a direction, one step after the other: the order in which
/// numbers of every step are kept. A packed row is one sequence at one time step. The reverse
/// direction has its last step first, so that sequences of the full length are in the order of
/// time.
class PackedSteps {
 public:
  PackedSteps(const RecurrentRows& rows, std::int64_t T) : rows_(rows), first_(T), count_(T) {}

  /// Sets the steps and the direction; call it after RecurrentRows::prepare.
  void prepare(std::int64_t d, Range steps);

  Range steps() const { return range_; }
  /// Returns the number of packed rows of all steps together.
  std::int64_t size() const { return size_; }
  /// Return the first packed row of a step, and how many it has.
  std::int64_t first(std::int64_t s) const { return first_[s]; }
  std::int64_t count(std::int64_t s) const { return count_[s]; }

  /// Copies `width` numbers of every step from where they lie in X, Y or workspace.
  void gather(const float* source, const RecurrentExtents::Strides& strides, std::int64_t width,
              float* packed) const;
  /// Adds packed numbers to where they lie in such an array.
  void scatter_add(const float* packed, const RecurrentExtents::Strides& strides,
                   std::int64_t width, float* target) const;
  /// Copies the state [H] before every step: Y of the step before, or the initial state (zeros if
  /// it is missing).
  void gather_last(const float* initial, const float* Y, const RecurrentExtents::Strides& strides,
                   std::int64_t H, float* packed) const;

 private:
  const RecurrentRows& rows_;
  std::int64_t d_ = 0;
  Range range_{0, 0};
  std::int64_t size_ = 0;
  std::vector<std::int64_t> first_;
  std::vector<std::int64_t> count_;
};

}  // namespace gatefold::native
