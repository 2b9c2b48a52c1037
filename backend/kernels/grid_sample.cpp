#include <algorithm>
#include <array>

#include "backend/kernels.h"
#include "ir/ops/grid_sampler.h"

namespace gatefold::native {
namespace {

/// X [N,C,D1..,Dk] and a grid of `points` rows for each image.
struct Extents {
  explicit Extents(const KernelRequest& request) {
    const Dims x = request.input_dims(0);
    batches = x[0];
    channels = x[1];
    image = element_count(Dims(x.begin() + 2, x.end()));
    const Dims y = request.output_dims();
    points = element_count(Dims(y.begin() + 2, y.end()));
    coordinates = request.input_dims(1).back();
  }

  std::int64_t batches, channels, image, points, coordinates;
};

/// What is read at a point is found once for all channels.
class GridSampleKernel : public Kernel {
 public:
  explicit GridSampleKernel(const KernelRequest& request)
      : sampler_(request.node, request.input_dims(0)),
        extents_(request),
        point_(static_cast<std::size_t>(extents_.coordinates)) {}

  void run(const Buffers& buffers) override {
    const auto* grid = buffers.input<float>(1);
    const auto* x = buffers.input<float>(0);
    auto* y = buffers.output<float>(0);
    for (std::int64_t n = 0; n < extents_.batches; ++n) {
      for (std::int64_t i = 0; i < extents_.points; ++i, grid += extents_.coordinates) {
        std::copy_n(grid, extents_.coordinates, point_.begin());
        sampler_.move_to(point_.data());
        for (std::int64_t c = 0; c < extents_.channels; ++c) {
          y[c * extents_.points + i] = sampler_.sample(x + c * extents_.image);
        }
      }
      x += extents_.channels * extents_.image;
      y += extents_.channels * extents_.points;
    }
  }

 private:
  ops::GridSampler sampler_;
  Extents extents_;
  std::vector<double> point_;
};

/// Pictures with mode linear and zeros around them: the four neighbours of a point.
class BilinearGridSampleKernel : public Kernel {
 public:
  explicit BilinearGridSampleKernel(const KernelRequest& request)
      : extents_(request),
        height_(request.input_dims(0)[2], request.node),
        width_(request.input_dims(0)[3], request.node) {}

  void run(const Buffers& buffers) override {
    const auto* grid = buffers.input<float>(1);
    const auto* x = buffers.input<float>(0);
    auto* y = buffers.output<float>(0);
    for (std::int64_t n = 0; n < extents_.batches; ++n) {
      for (std::int64_t i = 0; i < extents_.points; ++i, grid += 2) sample(grid, x, y + i);
      x += extents_.channels * extents_.image;
      y += extents_.channels * extents_.points;
    }
  }

 private:
  struct Axis {
    Axis(std::int64_t count, const Node& node) : extent(count) {
      const bool aligns_corners = node.attr_int("align_corners") != 0;
      low = aligns_corners ? 0 : -0.5;
      span = static_cast<double>(count) - (aligns_corners ? 1 : 0);
    }

    std::int64_t extent;
    double low, span;
  };

  /// The element before a coordinate, and the weights of it and the next; an element outside has
  /// none.
  struct Pair {
    std::int64_t first;
    bool has_first, has_second;
    float first_weight, second_weight;
  };

  static Pair pair_at(const Axis& axis, float coordinate) {
    const double x = axis.low + (static_cast<double>(coordinate) + 1) / 2 * axis.span;
    const bool is_near = x > -2 && x < static_cast<double>(axis.extent) + 1;  // Not so for NaN.
    const auto cut = static_cast<std::int64_t>(is_near ? x : -2);
    const std::int64_t first = cut - (is_near && x < static_cast<double>(cut));
    const double second_weight = x - static_cast<double>(first);
    return {first, first >= 0 && first < axis.extent, first >= -1 && first + 1 < axis.extent,
            static_cast<float>(1 - second_weight), static_cast<float>(second_weight)};
  }

  void sample(const float* grid, const float* x, float* y) const {
    const Pair column = pair_at(width_, grid[0]);
    const Pair row = pair_at(height_, grid[1]);
    std::array<std::int64_t, 4> offsets;
    std::array<float, 4> weights;
    std::size_t count = 0;
    const auto add = [&](bool is_there, std::int64_t offset, float weight) {
      offsets[count] = offset;
      weights[count] = weight;
      count += is_there;
    };
    const std::int64_t first = row.first * width_.extent + column.first;
    add(row.has_first && column.has_first, first, row.first_weight * column.first_weight);
    add(row.has_first && column.has_second, first + 1, row.first_weight * column.second_weight);
    add(row.has_second && column.has_first, first + width_.extent,
        row.second_weight * column.first_weight);
    add(row.has_second && column.has_second, first + width_.extent + 1,
        row.second_weight * column.second_weight);
    if (count == weights.size()) {  // As most are; four terms, known as such, take less time.
      for (std::int64_t c = 0; c < extents_.channels; ++c, x += extents_.image) {
        y[c * extents_.points] = weights[0] * x[offsets[0]] + weights[1] * x[offsets[1]] +
                                 weights[2] * x[offsets[2]] + weights[3] * x[offsets[3]];
      }
      return;
    }
    for (std::int64_t c = 0; c < extents_.channels; ++c, x += extents_.image) {
      float sum = 0;
      for (std::size_t k = 0; k < count; ++k) sum += weights[k] * x[offsets[k]];
      y[c * extents_.points] = sum;
    }
  }

  Extents extents_;
  Axis height_, width_;
};

}  // namespace

std::unique_ptr<Kernel> make_grid_sample(const KernelRequest& request) {
  if (request.dtype() != DataType::kFloat32 || request.dtype(1) != DataType::kFloat32) {
    return nullptr;
  }
  const Node& node = request.node;
  if (request.input_dims(0).size() == 4 && node.attr_string("mode") == "linear" &&
      node.attr_string("padding_mode") == "zeros") {
    return std::make_unique<BilinearGridSampleKernel>(request);
  }
  return std::make_unique<GridSampleKernel>(request);
}

}  // namespace gatefold::native
