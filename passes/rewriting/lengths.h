#pragma once

#include <cstddef>
#include <optional>

#include "passes/rewriting/counts.h"

/// Lengths of sequences, told by masks: booleans that hold for the first steps of each sequence.
namespace gatefold {

/// Proves that a mask holds where lengths[n] exceeds the number of a step, n being the coordinate
/// along `batch`, and returns by how much: lengths[n] + offset + stride * a_0. With `negates` that
/// holds where the mask does not. Nothing for other masks.
std::optional<Count> steps_left(const View& mask, bool negates, std::size_t batch,
                                CountReader& reader);

/// Builds the input sequence_lens of a recurrent node over `x` [T, ..] of which so many steps are
/// left at the first one: int32 [N], limited to [0, T]; nullptr where
/// the lengths cannot be told.
Value* build_lengths(Rewriter& rewriter, const Count& left, std::size_t batch, Value* x);

}  // namespace gatefold
