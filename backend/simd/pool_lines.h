#pragma once

#include <cstdint>
#include <span>

#include "ir/ops/spatial_window.h"

/// Pooling one line of outputs: first the rows of its windows become one line, then the windows are
/// taken from it.
namespace gatefold::native {

/// Elements behind the last one that the functions below may read of a line.
inline constexpr std::int64_t kPoolReach = 256;

/// line[i] is the largest of the rows' elements i, or their sum. There is at least one row.
void max_rows(std::span<const float* const> rows, std::int64_t count, float* line);
void sum_rows(std::span<const float* const> rows, std::int64_t count, float* line);

/// y[o] is the largest of a window's taps on the line, which begins with the padding, or their sum.
/// May write to y up to element `room`.
void max_windows(const AxisWindow& axis, const float* line, std::int64_t room, float* y);
void sum_windows(const AxisWindow& axis, const float* line, std::int64_t room, float* y);

}  // namespace gatefold::native
