#pragma once

#include "backend/plain/window_lines.h"

namespace gatefold::plain {

/// All outputs of the windows on one plane: the largest tap, and the sum of the taps. Both read up
/// to a vector behind the last element they need.
void max_pool_lines(const WindowLines& lines, const float* x, float* y);
void sum_pool_lines(const WindowLines& lines, const float* x, float* y);

}  // namespace gatefold::plain
