#include <algorithm>
#include <limits>

#include "backend/kernels.h"
#include "backend/kernels/partwise.h"
#include "backend/products/scratch_layout.h"
#include "backend/simd/column_product.h"
#include "backend/simd/team.h"
#include "backend/simd/winograd.h"
#include "ir/ops/conv.h"

namespace gatefold::native {
namespace {

// What a block of tiles may take between the transformations, in elements: it stays in the second
// cache.
constexpr std::int64_t kBlockElements = 160 * 1024;
// Tiles of one channel that stay in the first cache.
constexpr std::int64_t kMostTiles = 64;

bool is_small_kernel(const AxisWindow& axis) {
  return axis.kernel == 3 && axis.stride == 1 && axis.dilation == 1;
}

std::int64_t divide_up(std::int64_t count, std::int64_t size) { return (count + size - 1) / size; }

/// The tiles of an image, and how many lines and columns of them make a block: as many as stay in
/// the cache and leave few lanes of vectors empty.
struct TileGrid {
  TileGrid(const Windows& windows, std::int64_t channels, int threads)
      : lines(divide_up(windows[1].output, kTileOutputs)),
        columns(divide_up(windows[2].output, kTileOutputs)) {
    // What fits into the caches, and every thread shall have some.
    const std::int64_t most =
        std::min({kMostTiles, divide_up(lines * columns, threads),
                  std::max(kBlockElements / (kTilePoints * (channels + kPanelRows)), kTileLanes)});
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    for (std::int64_t across = 1; across <= std::min(columns, most); ++across) {
      for (std::int64_t down = 1; down <= std::min(lines, most / across); ++down) {
        // Reading the weights takes about as long as one vector more.
        const std::int64_t cost = divide_up(columns, across) * divide_up(lines, down) *
                                  (divide_up(across * down, kTileLanes) + 1);
        if (cost > least) continue;
        least = cost;
        block_columns = across;
        block_lines = down;
      }
    }
  }

  std::int64_t blocks() const {
    return divide_up(lines, block_lines) * divide_up(columns, block_columns);
  }

  std::int64_t lines;
  std::int64_t columns;
  std::int64_t block_lines = 1;
  std::int64_t block_columns = 1;
};

/// W [M,C,3,3] as U [points, panels of M, C, kPanelRows].
Tensor transform_all_weights(const KernelRequest& request) {
  const Tensor& w = *request.constant(1);
  return request.packed.get(w, "winograd", [&] {
    const std::int64_t outputs = w.dims()[0];
    const std::int64_t inputs = w.dims()[1];
    const std::int64_t panels = divide_up(outputs, kPanelRows);
    Tensor u(DataType::kFloat32, {kTilePoints, panels, inputs, kPanelRows});
    for (std::int64_t o = 0; o < outputs; ++o) {
      for (std::int64_t c = 0; c < inputs; ++c) {
        transform_weights(
            w.data<float>() + 9 * (o * inputs + c), panels * inputs * kPanelRows,
            u.data<float>() + (o / kPanelRows * inputs + c) * kPanelRows + o % kPanelRows);
      }
    }
    return u;
  });
}

/// Block by block of tiles: transforms the inputs, multiplies point by point, transforms back. NaN,
/// an infinity or a very large number would reach all outputs of its tile: these are summed anew,
/// tap by tap.
class WinogradConvKernel : public PartwiseKernel {
 public:
  WinogradConvKernel(const KernelRequest& request, const ConvExtents& extents)
      : extents_(extents),
        threads_(useful_threads(
            extents.group_outputs * extents.group_inputs * output_count(extents.windows),
            extents.batch, request.threads)),
        grid_(extents.windows, extents.group_inputs, threads_),
        inputs_(input_count(extents.windows)),
        outputs_(output_count(extents.windows)),
        step_(divide_up(grid_.block_lines * grid_.block_columns, kTileLanes) * kTileLanes),
        has_bias_(request.has_input(2)),
        taps_(*request.constant(1)),
        weights_(transform_all_weights(request)) {
    for (int thread = 0; thread < threads_; ++thread) {
      places_.push_back(
          {layout_.add<float>(place_block(0).scratch()),
           layout_.add<float>(kTilePoints * tile_point_step(extents.group_inputs, step_)),
           layout_.add<float>(kTilePoints * tile_point_step(kPanelRows, step_)),
           layout_.add<float>((kTileOutputs * kTileOutputs + 1) * step_)});
    }
  }

  std::size_t scratch_bytes() const override { return layout_.bytes(); }

  void run_parts(const Buffers& buffers, const PartDone& done) override {
    const std::int64_t blocks = grid_.blocks();
    run_as_team(threads_, [&](const Team& team) {
      const Range share = team.share(extents_.batch * blocks);
      for (std::int64_t i = share.begin; i < share.end; ++i) {
        run_block(i % blocks, i / blocks, buffers, team.thread, done);
      }
    });
  }

  std::string implementation() const override { return "native winograd"; }

 private:
  /// Where a thread keeps its block, in scratch memory.
  struct Places {
    std::size_t tiles;     ///< One channel's inputs.
    std::size_t inputs;    ///< V
    std::size_t products;  ///< M of a panel.
    std::size_t rows;      ///< One channel's outputs, and the squares of its M.
  };

  void run_block(std::int64_t number, std::int64_t n, const Buffers& buffers, int thread,
                 const PartDone& done) const {
    const Places& places = places_[static_cast<std::size_t>(thread)];
    const TileBlock block = place_block(number);
    const std::int64_t channels = extents_.group_inputs;
    const float* x = buffers.input<float>(0) + n * channels * inputs_;
    auto* v = at<float>(buffers, places.inputs);
    for (std::int64_t c = 0; c < channels; ++c) {
      transform_inputs(block, x + c * inputs_, at<float>(buffers, places.tiles),
                       tile_point_step(channels, step_), v + c * step_);
    }
    auto* m = at<float>(buffers, places.products);
    for (std::int64_t first = 0; first < extents_.group_outputs; first += kPanelRows) {
      multiply_panel(first, block.tiles(), v, m);
      const std::int64_t last = std::min(first + kPanelRows, extents_.group_outputs);
      for (std::int64_t o = first; o < last; ++o) {
        finish_channel(block, n, o, m + (o - first) * step_, buffers,
                       at<float>(buffers, places.rows));
      }
      const std::int64_t channel = n * extents_.group_outputs;
      tell(block, {channel + first, channel + last}, thread, done);
    }
  }

  /// M of the output channels from `first` on, point by point.
  void multiply_panel(std::int64_t first, std::int64_t tiles, const float* v, float* m) const {
    const std::int64_t channels = extents_.group_inputs;
    const ColumnProduct product{channels, step_, step_};
    const float* u = weights_.data<float>() + first * channels;
    for (std::int64_t point = 0; point < kTilePoints; ++point) {
      product.run(u, nullptr, std::min(kPanelRows, extents_.group_outputs - first), tiles, v, m);
      u += weights_.dims()[1] * channels * kPanelRows;
      v += tile_point_step(channels, step_);
      m += tile_point_step(kPanelRows, step_);
    }
  }

  TileBlock place_block(std::int64_t number) const {
    const auto& [depth, height, width] = extents_.windows;
    const std::int64_t across = divide_up(grid_.columns, grid_.block_columns);
    const std::int64_t line = number / across * grid_.block_lines;
    const std::int64_t column = number % across * grid_.block_columns;
    return {.height = height.input,
            .width = width.input,
            .top = line * kTileOutputs - height.pad_begin,
            .left = column * kTileOutputs - width.pad_begin,
            .lines = std::min(grid_.block_lines, grid_.lines - line),
            .columns = std::min(grid_.block_columns, grid_.columns - column)};
  }

  /// The first rows and columns of outputs that lie in the image.
  Range rows_of(const TileBlock& block) const {
    const AxisWindow& height = extents_.windows[1];
    const std::int64_t first = block.top + height.pad_begin;
    return {first, std::min(first + kTileOutputs * block.lines, height.output)};
  }
  Range columns_of(const TileBlock& block) const {
    const AxisWindow& width = extents_.windows[2];
    const std::int64_t first = block.left + width.pad_begin;
    return {first, std::min(first + kTileOutputs * block.columns, width.output)};
  }

  void finish_channel(const TileBlock& block, std::int64_t n, std::int64_t o, const float* m,
                      const Buffers& buffers, float* rows) const {
    const float bias = has_bias_ ? buffers.input<float>(2)[o] : 0.0F;
    float* squares = rows + kTileOutputs * kTileOutputs * step_;
    const bool are_good = transform_outputs(m, tile_point_step(kPanelRows, step_), block.tiles(),
                                            step_, bias, rows, squares);
    float* y = buffers.output<float>(0) + (n * extents_.group_outputs + o) * outputs_;
    const Range columns = columns_of(block);
    const Range lines = rows_of(block);
    for (std::int64_t row = 0; row < lines.count(); ++row) {
      const float* outputs = rows + row % kTileOutputs * kTileOutputs * step_ +
                             row / kTileOutputs * kTileOutputs * block.columns;
      std::copy_n(outputs, columns.count(),
                  y + (lines.begin + row) * extents_.windows[2].output + columns.begin);
    }
    if (!are_good) sum_bad_tiles(block, n, o, squares, buffers, y);
  }

  void tell(const TileBlock& block, Range channels, int thread, const PartDone& done) const {
    const Range rows = rows_of(block);
    const Range columns = columns_of(block);
    const std::int64_t width = extents_.windows[2].output;
    if (columns.count() == width) {
      return tell_rows(done, channels, outputs_, {rows.begin * width, rows.end * width}, thread);
    }
    for (std::int64_t channel = channels.begin; channel < channels.end; ++channel) {
      const std::int64_t row = channel * extents_.windows[1].output;
      tell_rows(done, {row + rows.begin, row + rows.end}, width, columns, thread);
    }
  }

  /// Computes the outputs of channel o in tiles with too large squares, or NaN.
  void sum_bad_tiles(const TileBlock& block, std::int64_t n, std::int64_t o, const float* squares,
                     const Buffers& buffers, float* y) const {
    const float bias = has_bias_ ? buffers.input<float>(2)[o] : 0.0F;
    const float* x = buffers.input<float>(0) + n * extents_.group_inputs * inputs_;
    const Range lines = rows_of(block);
    const Range columns = columns_of(block);
    for (std::int64_t row = lines.begin; row < lines.end; ++row) {
      for (std::int64_t column = columns.begin; column < columns.end; ++column) {
        const std::int64_t tile = (row - lines.begin) / kTileOutputs * block.columns +
                                  (column - columns.begin) / kTileOutputs;
        if (squares[tile] <= kMostSquares) continue;
        y[row * extents_.windows[2].output + column] = bias + sum_of_taps(x, o, row, column);
      }
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
  int threads_;
  TileGrid grid_;
  std::int64_t inputs_;   // Elements of a channel of X.
  std::int64_t outputs_;  // Elements of a channel of Y.
  std::int64_t step_;     // Tiles of a block, rounded up.
  bool has_bias_;
  Tensor taps_;     // W
  Tensor weights_;  // W, transformed.
  ScratchLayout layout_;
  std::vector<Places> places_;
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
