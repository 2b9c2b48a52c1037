#include <algorithm>
#include <limits>
#include <span>
#include <vector>

#include "backend/kernels.h"
#include "backend/products/scratch_layout.h"
#include "backend/simd/pool_lines.h"
#include "backend/simd/reduce_loops.h"
#include "backend/simd/row_moments.h"
#include "backend/simd/team.h"
#include "ir/ops/spatial_window.h"

namespace gatefold::native {
namespace {

// Elements of joined lines, at most: they stay in the first cache.
constexpr std::int64_t kJoinedElements = 4096;

/// X as planes, one after the other, with the same windows on each.
struct Planes {
  Windows windows;
  std::int64_t count = 0;
};

bool fills_line(const AxisWindow& width) {
  return width.pad_begin == 0 && width.span() <= width.stride &&
         width.input == width.output * width.stride;
}

/// Whether each line of outputs reads one line of inputs, on which its windows lie side by side
/// from end to end.
bool has_filled_lines(const Windows& windows) {
  const auto& [depth, height, width] = windows;
  const auto is_one = [](const AxisWindow& axis) {
    return axis.kernel == 1 && axis.output == axis.input;
  };
  return is_one(depth) && is_one(height) && fills_line(width);
}

/// Going from line to line takes longer than a short line itself: where windows fill their lines,
/// several are one plane of a single line.
Planes planes_of(const KernelRequest& request) {
  const Dims x = request.input_dims(0);
  const Windows windows = place_windows(request.node, x, request.node.attr_ints("kernel_shape"));
  const Planes planes{windows, x[0] * x[1]};
  const std::int64_t lines = planes.count * windows[0].output * windows[1].output;
  if (!has_filled_lines(windows) || lines == 0 || windows[2].input == 0) return planes;
  std::int64_t joined = std::clamp<std::int64_t>(kJoinedElements / windows[2].input, 1, lines);
  while (lines % joined != 0) --joined;
  AxisWindow line = windows[2];
  line.input *= joined;
  line.output *= joined;
  return {make_windows({line}), lines / joined};
}

using PoolRows = void (*)(std::span<const float* const> rows, std::int64_t count, float* line);
using PoolWindows = void (*)(const AxisWindow& axis, const float* line, std::int64_t room,
                             float* y);

/// One line of outputs after the other, each from a line with the padding on both sides.
class PoolKernel : public Kernel {
 public:
  /// `padding` changes no window's result.
  PoolKernel(const KernelRequest& request, float padding, PoolRows pool_rows,
             PoolWindows pool_windows)
      : PoolKernel(planes_of(request), request.threads, padding, pool_rows, pool_windows) {}

  std::size_t scratch_bytes() const override { return layout_.bytes(); }

  void run(const Buffers& buffers) override {
    run_as_team(threads_, [&](const Team& team) { pool_planes(buffers, team); });
  }

 protected:
  const Windows& windows() const { return windows_; }
  std::int64_t planes() const { return planes_; }

 private:
  PoolKernel(const Planes& planes, int threads, float padding, PoolRows pool_rows,
             PoolWindows pool_windows)
      : windows_(planes.windows),
        planes_(planes.count),
        inputs_(input_count(windows_)),
        outputs_(gatefold::output_count(windows_)),
        width_((windows_[2].output - 1) * windows_[2].stride + windows_[2].span()),
        joined_(count_joined(windows_[2])),
        threads_(planes_ * inputs_ < kParallelElements ? 1 : threads),
        line_size_(joined_ * std::max<std::int64_t>(width_, 0) + kPoolReach),
        padding_(padding),
        pool_rows_(pool_rows),
        pool_windows_(pool_windows) {
    for (int thread = 0; thread < threads_; ++thread) {
      lines_.push_back(layout_.add<float>(line_size_));
      rows_.push_back(layout_.add<const float*>(windows_[0].kernel * windows_[1].kernel));
    }
  }

  void pool_planes(const Buffers& buffers, const Team& team) const {
    const Range planes = team.share(planes_);
    const float* x = buffers.input<float>(0) + planes.begin * inputs_;
    float* y = buffers.output<float>(0) + planes.begin * outputs_;
    const float* end = buffers.output<float>(0) + planes.end * outputs_;
    auto* line = at<float>(buffers, lines_[static_cast<std::size_t>(team.thread)]);
    auto* rows = at<const float*>(buffers, rows_[static_cast<std::size_t>(team.thread)]);
    std::fill_n(line, line_size_, padding_);
    std::int64_t waiting = 0;
    for (std::int64_t plane = planes.begin; plane < planes.end; ++plane, x += inputs_) {
      for (std::int64_t od = 0; od < windows_[0].output; ++od) {
        for (std::int64_t oh = 0; oh < windows_[1].output; ++oh) {
          fill_line(gather_rows(x, od, oh, rows), line + waiting * windows_[2].input);
          if (++waiting < joined_) continue;
          y = pool_lines(line, waiting, end, y);
          waiting = 0;
        }
      }
    }
    if (waiting > 0) pool_lines(line, waiting, end, y);
  }

  /// How many lines are pooled at once: several where their windows fill them from end to end.
  static std::int64_t count_joined(const AxisWindow& width) {
    const bool is_filled = fills_line(width) && width.input > 0;
    return is_filled ? std::max<std::int64_t>(kJoinedElements / width.input, 1) : 1;
  }

  /// Pools `count` lines, one behind the other, and returns the end of the results.
  float* pool_lines(const float* line, std::int64_t count, const float* end, float* y) const {
    AxisWindow axis = windows_[2];
    axis.output *= count;
    pool_windows_(axis, line, end - y, y);
    return y + axis.output;
  }

  /// The rows of a plane that the windows of an output line read.
  std::span<const float* const> gather_rows(const float* x, std::int64_t od, std::int64_t oh,
                                            const float** rows) const {
    const auto& [depth, height, width] = windows_;
    const auto planes = depth.taps_of(od);
    const auto lines = height.taps_of(oh);
    std::size_t count = 0;
    for (std::int64_t kd = planes.begin; kd < planes.end; ++kd) {
      for (std::int64_t kh = lines.begin; kh < lines.end; ++kh) {
        rows[count++] =
            x + (depth.position(od, kd) * height.input + height.position(oh, kh)) * width.input;
      }
    }
    return {rows, count};
  }

  void fill_line(std::span<const float* const> rows, float* line) const {
    const AxisWindow& axis = windows_[2];
    const std::int64_t count = std::min(axis.input, width_ - axis.pad_begin);
    if (count <= 0) return;
    if (rows.empty()) {
      std::fill_n(line + axis.pad_begin, count, padding_);
    } else {
      pool_rows_(rows, count, line + axis.pad_begin);
    }
  }

  Windows windows_;
  std::int64_t planes_;
  std::int64_t inputs_;
  std::int64_t outputs_;
  std::int64_t width_;   // Elements of a line with its padding, as far as windows read them.
  std::int64_t joined_;  // Lines.
  int threads_;
  std::int64_t line_size_;
  float padding_;
  PoolRows pool_rows_;
  PoolWindows pool_windows_;
  ScratchLayout layout_;
  std::vector<std::size_t> lines_, rows_;  // Of each thread, in scratch memory.
};

class MaxPoolKernel : public PoolKernel {
 public:
  explicit MaxPoolKernel(const KernelRequest& request)
      : PoolKernel(request, -std::numeric_limits<float>::infinity(), max_rows, max_windows) {}
};

class AveragePoolKernel : public PoolKernel {
 public:
  explicit AveragePoolKernel(const KernelRequest& request)
      : PoolKernel(request, 0, sum_rows, sum_windows) {
    const bool counts_padding = request.node.attr_int("count_include_pad") != 0;
    for_each_window(windows(), [&](const WindowPlace& place) {
      std::int64_t count = 1;
      for (std::size_t i = 0; i < place.size(); ++i) {
        const auto taps = windows()[i].taps_of(place[i]);
        count *= counts_padding ? windows()[i].padded_taps_of(place[i]) : taps.end - taps.begin;
      }
      factors_.push_back(1.0F / static_cast<float>(count));
    });
  }

  void run(const Buffers& buffers) override {
    PoolKernel::run(buffers);
    auto* y = buffers.output<float>(0);
    for (std::int64_t plane = 0; plane < planes(); ++plane) {
      for (const float factor : factors_) *y++ *= factor;
    }
  }

 private:
  std::vector<float> factors_;  // 1 / number of taps of each window.
};

/// One number per plane: reduce(values, count).
template <float (*reduce)(const float* values, std::int64_t count)>
class GlobalPoolKernel : public Kernel {
 public:
  explicit GlobalPoolKernel(const KernelRequest& request)
      : planes_(element_count(request.output_dims())),
        size_(planes_ == 0 ? 0 : element_count(request.input_dims(0)) / planes_) {}

  void run(const Buffers& buffers) override {
    const auto* x = buffers.input<float>(0);
    auto* y = buffers.output<float>(0);
    for (std::int64_t plane = 0; plane < planes_; ++plane, x += size_) y[plane] = reduce(x, size_);
  }

 private:
  std::int64_t planes_;
  std::int64_t size_;
};

float mean_of(const float* values, std::int64_t count) {
  return sum_of(values, count) / static_cast<float>(count);
}

/// Whether there is one window per plane, which is all of it.
bool has_whole_windows(const KernelRequest& request) {
  const Windows windows =
      place_windows(request.node, request.input_dims(0), request.node.attr_ints("kernel_shape"));
  return std::all_of(windows.begin(), windows.end(),
                     [](const AxisWindow& axis) {
                       return axis.output == 1 && axis.kernel == axis.input && axis.dilation == 1 &&
                              axis.pad_begin == 0 && axis.pad_end == 0;
                     }) &&
         element_count(request.input_dims(0)) > 0;
}

template <float (*reduce)(const float* values, std::int64_t count)>
std::unique_ptr<Kernel> make_global_pool(const KernelRequest& request) {
  const bool is_empty = element_count(request.input_dims(0)) == 0;
  if (request.dtype() != DataType::kFloat32 || is_empty) return nullptr;
  return std::make_unique<GlobalPoolKernel<reduce>>(request);
}

}  // namespace

std::unique_ptr<Kernel> make_max_pool(const KernelRequest& request) {
  if (request.dtype() != DataType::kFloat32 || request.has_output(1)) return nullptr;
  if (has_whole_windows(request)) return make_global_max_pool(request);
  return std::make_unique<MaxPoolKernel>(request);
}

std::unique_ptr<Kernel> make_average_pool(const KernelRequest& request) {
  if (request.dtype() != DataType::kFloat32) return nullptr;
  if (has_whole_windows(request)) return make_global_average_pool(request);
  return std::make_unique<AveragePoolKernel>(request);
}

std::unique_ptr<Kernel> make_global_average_pool(const KernelRequest& request) {
  return make_global_pool<mean_of>(request);
}

std::unique_ptr<Kernel> make_global_max_pool(const KernelRequest& request) {
  return make_global_pool<largest>(request);
}

}  // namespace gatefold::native
