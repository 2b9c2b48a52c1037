#pragma once

#include <cstdint>

#include "ir/ops/recurrent.h"

namespace gatefold::native {

/// Blocks of H numbers that write_slopes makes at most.
inline constexpr std::int64_t kMaxSlopeBlocks = 6;

/// Turns the sums of a row of the workspace into SequenceStep's values and slopes
/// (gradient_cell_loops.h), for cells that are not RecurrentAttrs::is_standard.
void write_slopes(const RecurrentAttrs& attrs, std::int64_t direction, std::int64_t H,
                  const float* workspace, float* values, float* slopes);

}  // namespace gatefold::native
