#pragma once

#include <cstdint>

#include "backend/simd/window_lines.h"

/// Convolution with kernels of 3 x 3 by Winograd's minimal filtering F(2x2, 3x3): tiles of 2 x 2
/// outputs read 4 x 4 inputs, and 16 products per channel pair take the place of 36. Source: Lavin
/// and Gray, "Fast Algorithms for Convolutional Neural Networks" (2015).
namespace gatefold::native {

/// Outputs of a tile along an axis, and the inputs that they read.
inline constexpr std::int64_t kTileOutputs = 2;
inline constexpr std::int64_t kTileInputs = 4;
/// Numbers that stand for a tile between the transformations.
inline constexpr std::int64_t kTilePoints = kTileInputs * kTileInputs;

/// U = G w G^T for the 3 x 3 weights of a pair of channels. Point p becomes u[p * step].
void transform_weights(const float* w, std::int64_t step, float* u);

/// V = B^T x B for the tiles of the lines [first, last) of one channel: `tiles` are windows of 4 x
/// 4 in steps of 2. Point p of a tile becomes v[p * step + tile], tiles counted from the first line
/// on. Writes up to a vector behind the last tile.
void transform_inputs(const WindowLines& tiles, std::int64_t first, std::int64_t last,
                      const float* x, std::int64_t step, float* v);

/// Y = A^T M A + bias for `count` tiles of one channel, point p of a tile being m[p * step + tile].
/// Row r of the tiles' outputs goes to rows[r], side by side. Reads and writes up to a vector of
/// tiles behind the last one.
void transform_outputs(const float* m, std::int64_t step, std::int64_t count, float bias,
                       float* const (&rows)[kTileOutputs]);

}  // namespace gatefold::native
