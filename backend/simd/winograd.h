#pragma once

#include <cstdint>

/// Convolution with kernels of 3 x 3 by Winograd's minimal filtering F(4x4, 3x3): tiles of 4 x 4
/// outputs read 6 x 6 inputs, and 36 products per channel pair take the place of 144. Source: Lavin
/// and Gray, "Fast Algorithms for Convolutional Neural Networks" (2015). The polynomials are
/// evaluated at 0, 1/sqrt(2), -1/sqrt(2), sqrt(2), -sqrt(2) and infinity, which keeps the factors
/// of the transformations near 1.
///
/// The functions take tiles by vectors: they may read and write up to kTileLanes - 1 tiles behind
/// the last one. `step` is the number of tiles, rounded up to a multiple of kTileLanes.
namespace gatefold::native {

/// Outputs of a tile along an axis, and the inputs that they read.
inline constexpr std::int64_t kTileOutputs = 4;
inline constexpr std::int64_t kTileInputs = 6;
/// Numbers that stand for a tile between the transformations.
inline constexpr std::int64_t kTilePoints = kTileInputs * kTileInputs;
/// No vector of any machine has more elements.
inline constexpr std::int64_t kTileLanes = 16;
/// From one point of some channels' tiles to the next: the first cache shall not have to keep all
/// points in the same few places.
inline constexpr std::int64_t tile_point_step(std::int64_t channels, std::int64_t step) {
  return channels * step + kTileLanes;
}

/// Some lines and columns of tiles on channels of height x width elements. The first tile reads the
/// input from row `top` and column `left` on, where what is outside counts as 0.
struct TileBlock {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t top = 0;
  std::int64_t left = 0;
  std::int64_t lines = 0;
  std::int64_t columns = 0;

  std::int64_t tiles() const { return lines * columns; }
  /// Rows of inputs, and elements from one to the next as they are kept with their padding.
  std::int64_t rows() const { return kTileOutputs * lines + kTileInputs - kTileOutputs; }
  std::int64_t pitch() const { return kTileOutputs * (columns + kTileLanes) + kTileLanes; }
  /// Elements from one input of the tiles to the next.
  std::int64_t step() const { return tiles() + kTileLanes; }
  /// Elements that transform_inputs needs beside its results.
  std::int64_t scratch() const { return rows() * pitch() + kTilePoints * step(); }
};

/// U = G w G^T for the 3 x 3 weights of a pair of channels. Point p becomes u[p * step].
void transform_weights(const float* w, std::int64_t step, float* u);

/// V = B^T x B for one channel's tiles, row by row of the block: point p of tile t becomes
/// v[p * v_step + t].
void transform_inputs(const TileBlock& block, const float* x, float* scratch, std::int64_t v_step,
                      float* v);

/// What the squares of a tile's points may sum up to: beyond this, rounding reaches outputs of the
/// tile that do not read the large input.
inline constexpr float kMostSquares = 1e18F;

/// Y = A^T M A + bias for `count` tiles of one channel: point p of tile t is m[p * m_step + t]. Row
/// r of the outputs of all tiles goes to rows[r * kTileOutputs * step], side by side, and the sum
/// of the squares of M to squares[tile]. Returns whether all of these are numbers up to
/// kMostSquares.
bool transform_outputs(const float* m, std::int64_t m_step, std::int64_t count, std::int64_t step,
                       float bias, float* rows, float* squares);

}  // namespace gatefold::native
