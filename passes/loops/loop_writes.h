#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "passes/loops/loop_rows.h"

namespace gatefold {

/// How a tensor that a loop carries takes in one row in each iteration.
struct RowWrites {
  Value* row = nullptr;  ///< A value of the body.
  /// Which axis of the rows [T, ..] becomes each axis of the tensor; T is number 0.
  std::vector<std::size_t> axes = {};
  bool backwards = false;  ///< The row of the first iteration is the last one.
  /// How many entries of the tensor that the loop receives stay before and behind the rows along
  /// their axis; all of one that grows.
  std::int64_t kept_before = 0;
  std::int64_t kept_behind = 0;

  static constexpr std::int64_t kAll = -1;

  std::int64_t axis() const;  ///< Of the tensor, along which the rows lie.
};

/// Reads what an iteration makes of carried value `index` as rows that are added at one end, by
/// Concat, or written to places that follow each other: by ScatterND, ScatterElements, or Concat of
/// what is before and behind them. Nothing for other values.
std::optional<RowWrites> read_row_writes(const LoopView& loop, std::size_t index, LoopRows& rows,
                                         const PassContext& context);

}  // namespace gatefold
