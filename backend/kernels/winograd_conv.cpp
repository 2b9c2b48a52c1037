#include <algorithm>
#include <cmath>
#include <limits>

#include "backend/kernels.h"
#include "backend/products/scratch_layout.h"
#include "backend/simd/conv_lines.h"
#include "backend/simd/team.h"
#include "backend/simd/winograd.h"
#include "ir/ops/conv.h"

namespace gatefold::native {
namespace {

// Tiles that convolve_lines takes at a time: its four vectors, of AVX-512. No vector of any machine
// is longer.
constexpr std::int64_t kTileStep = 64;
// Blocks are filled up to a multiple of this, so that their last vector is stored as a whole.
constexpr std::int64_t kLanes = 16;
// Transformed inputs at one point that stay in the first cache while all channels read them.
constexpr std::int64_t kBlockElements = 6 * 1024;

bool is_small_kernel(const AxisWindow& axis) {
  return axis.kernel == 3 && axis.stride == 1 && axis.dilation == 1;
}

/// The tiles' inputs, as windows over X.
Windows tile_windows(const Windows& windows) {
  Windows tiles = windows;
  for (AxisWindow* axis : {&tiles[1], &tiles[2]}) {
    axis->output = (axis->output + kTileOutputs - 1) / kTileOutputs;
    axis->kernel = kTileInputs;
    axis->stride = kTileOutputs;
  }
  return tiles;
}

/// How many lines of tiles to transform at a time, so that few of the vectors stay unfilled.
std::int64_t lines_of_block(std::int64_t lines, std::int64_t width, std::int64_t channels) {
  const std::int64_t most = std::clamp(kBlockElements / (channels * width), std::int64_t{1}, lines);
  const auto steps_of = [&](std::int64_t count) {
    return (lines + count - 1) / count * ((count * width + kTileStep - 1) / kTileStep);
  };
  std::int64_t best = 1;
  for (std::int64_t count = 2; count <= most; ++count) {
    if (steps_of(count) <= steps_of(best)) best = count;
  }
  return best;
}

/// W [M,C,3,3] as U [points, M, C].
Tensor transform_all_weights(const KernelRequest& request) {
  const Tensor& w = *request.constant(1);
  return request.packed.get(w, "winograd", [&] {
    const std::int64_t pairs = w.dims()[0] * w.dims()[1];
    Tensor u(DataType::kFloat32, {kTilePoints, pairs});
    for (std::int64_t pair = 0; pair < pairs; ++pair) {
      transform_weights(w.data<float>() + 9 * pair, pairs, u.data<float>() + pair);
    }
    return u;
  });
}

/// Whether all numbers are finite.
bool are_finite(const float* numbers, std::int64_t count) {
  bool finite = true;
  for (std::int64_t i = 0; i < count; ++i) {
    finite &= std::abs(numbers[i]) <= std::numeric_limits<float>::max();
  }
  return finite;
}

/// Block by block of tiles: transforms the inputs, multiplies point by point, transforms back. NaN,
/// an infinity or a number so large that a transform overflows would reach all outputs of its tile:
/// those that are not finite are summed anew, tap by tap.
class WinogradConvKernel : public Kernel {
 public:
  WinogradConvKernel(const KernelRequest& request, const ConvExtents& extents)
      : extents_(extents),
        inputs_(input_count(extents.windows)),
        outputs_(output_count(extents.windows)),
        planes_(tile_windows(extents.windows), extents.group_inputs),
        tiles_(PaddedPlanes(tile_windows(extents.windows), 1).lines()),
        lines_(static_cast<std::int64_t>(tiles_.lines.size())),
        block_lines_(lines_of_block(lines_, tiles_.width, extents.group_inputs)),
        step_(block_lines_ * tiles_.width + kTileStep),
        has_bias_(request.has_input(2)),
        threads_(request.threads),
        taps_(*request.constant(1)),
        weights_(transform_all_weights(request)) {
    products_.lines = {0};
    products_.width = (block_lines_ * tiles_.width + kLanes - 1) / kLanes * kLanes;
    for (std::int64_t c = 0; c < extents.group_inputs; ++c) products_.taps.push_back(c * step_);
    padded_ = layout_.add<float>(planes_.size());
    for (int thread = 0; thread < threads_; ++thread) {
      blocks_.push_back(
          {layout_.add<float>(kTilePoints * extents.group_inputs * step_),
           layout_.add<float>(kTilePoints * extents.group_outputs * products_.width + kTileStep),
           layout_.add<float>(kTileOutputs * kTileOutputs * step_)});
    }
  }

  std::size_t scratch_bytes() const override { return layout_.bytes(); }

  void run(const Buffers& buffers) override {
    for (std::int64_t n = 0; n < extents_.batch; ++n) {
      const float* x = buffers.input<float>(0) + n * extents_.group_inputs * inputs_;
      planes_.copy(x, at<float>(buffers, padded_));
      float* y = buffers.output<float>(0) + n * extents_.group_outputs * outputs_;
      run_as_team(threads_, [&](const Team& team) { run_blocks(team, buffers, x, y); });
    }
  }

  std::string implementation() const override { return "native winograd"; }

 private:
  /// Where a thread keeps its block, in scratch memory.
  struct BlockPlaces {
    std::size_t inputs;    ///< V [points, C, step_]
    std::size_t products;  ///< M [points, M, products_.width]
    std::size_t rows;      ///< One channel's outputs, a row of the tiles after the other.
  };

  void run_blocks(const Team& team, const Buffers& buffers, const float* x, float* y) const {
    const Range blocks = team.share((lines_ + block_lines_ - 1) / block_lines_);
    const BlockPlaces& places = blocks_[static_cast<std::size_t>(team.thread)];
    for (std::int64_t block = blocks.begin; block < blocks.end; ++block) {
      const std::int64_t first = block * block_lines_;
      const Range lines{first, std::min(lines_, first + block_lines_)};
      auto* v = at<float>(buffers, places.inputs);
      auto* m = at<float>(buffers, places.products);
      transform_block(at<float>(buffers, padded_), lines, v);
      multiply_block(v, m);
      finish_block(m, lines, buffers, at<float>(buffers, places.rows), x, y);
    }
  }

  void transform_block(const float* x, Range lines, float* v) const {
    for (std::int64_t c = 0; c < extents_.group_inputs; ++c) {
      transform_inputs(tiles_, lines.begin, lines.end, x + c * planes_.plane_size(),
                       extents_.group_inputs * step_, v + c * step_);
    }
  }

  void multiply_block(const float* v, float* m) const {
    const auto* u = weights_.data<float>();
    for (std::int64_t point = 0; point < kTilePoints; ++point) {
      for (std::int64_t o = 0; o < extents_.group_outputs; o += kConvChannels) {
        const std::int64_t count = std::min(kConvChannels, extents_.group_outputs - o);
        convolve_lines(products_, v, u, nullptr, count, m);
        u += count * extents_.group_inputs;
        m += count * products_.width;
      }
      v += extents_.group_inputs * step_;
    }
  }

  void finish_block(const float* m, Range lines, const Buffers& buffers, float* rows,
                    const float* x, float* y) const {
    const AxisWindow& height = extents_.windows[1];
    const AxisWindow& width = extents_.windows[2];
    float* const parts[] = {rows, rows + kTileOutputs * step_};
    for (std::int64_t o = 0; o < extents_.group_outputs; ++o, y += outputs_) {
      const float bias = has_bias_ ? buffers.input<float>(2)[o] : 0.0F;
      transform_outputs(m + o * products_.width, extents_.group_outputs * products_.width,
                        lines.count() * tiles_.width, bias, parts);
      for (std::int64_t row = kTileOutputs * lines.begin;
           row < std::min(kTileOutputs * lines.end, height.output); ++row) {
        const std::int64_t line = row / kTileOutputs - lines.begin;
        float* target = y + row * width.output;
        std::copy_n(parts[row % kTileOutputs] + line * kTileOutputs * tiles_.width, width.output,
                    target);
        if (!are_finite(target, width.output)) sum_directly(x, o, row, bias, target);
      }
    }
  }

  /// Computes the numbers of a row of outputs of channel o that are not finite.
  void sum_directly(const float* x, std::int64_t o, std::int64_t row, float bias, float* y) const {
    for (std::int64_t column = 0; column < extents_.windows[2].output; ++column) {
      if (!are_finite(y + column, 1)) y[column] = bias + sum_of_taps(x, o, row, column);
    }
  }

  float sum_of_taps(const float* x, std::int64_t o, std::int64_t row, std::int64_t column) const {
    const auto& [depth, height, width] = extents_.windows;
    const auto rows = height.taps_of(row);
    const auto columns = width.taps_of(column);
    const float* w = taps_.data<float>() + o * extents_.group_inputs * 9;
    float sum = 0;
    for (std::int64_t c = 0; c < extents_.group_inputs; ++c, x += inputs_, w += 9) {
      for (std::int64_t kh = rows.begin; kh < rows.end; ++kh) {
        const float* line = x + height.position(row, kh) * width.input;
        for (std::int64_t kw = columns.begin; kw < columns.end; ++kw) {
          sum += w[3 * kh + kw] * line[width.position(column, kw)];
        }
      }
    }
    return sum;
  }

  ConvExtents extents_;
  std::int64_t inputs_;   // Elements of a channel of X.
  std::int64_t outputs_;  // Elements of a channel of Y.
  PaddedPlanes planes_;
  WindowLines tiles_;
  WindowLines products_;  // Channel c of V as the tap of a convolution.
  std::int64_t lines_;
  std::int64_t block_lines_;
  std::int64_t step_;  // From one channel of V to the next.
  bool has_bias_;
  int threads_;
  Tensor taps_;     // W
  Tensor weights_;  // W, transformed.
  ScratchLayout layout_;
  std::size_t padded_ = 0;
  std::vector<BlockPlaces> blocks_;
};

}  // namespace

std::unique_ptr<Kernel> make_winograd_conv(const KernelRequest& request) {
  if (request.dtype() != DataType::kFloat32 || request.constant(1) == nullptr) return nullptr;
  if (element_count(request.output_dims()) == 0) return nullptr;
  const ConvExtents extents =
      conv_extents(request.node, request.input_dims(0), request.input_dims(1));
  const bool is_small = is_small_kernel(extents.windows[1]) && is_small_kernel(extents.windows[2]);
  const AxisWindow& depth = extents.windows[0];
  if (!is_small || depth.kernel != 1 || depth.output != 1 || extents.groups != 1) return nullptr;
  return std::make_unique<WinogradConvKernel>(request, extents);
}

}  // namespace gatefold::native
