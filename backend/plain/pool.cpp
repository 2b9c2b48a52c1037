#include <algorithm>
#include <limits>
#include <vector>

#include "backend/kernels.h"
#include "backend/plain/row_moments.h"
#include "ir/ops/spatial_window.h"

namespace gatefold::plain {
namespace {

Windows windows_of(const KernelRequest& request) {
  return place_windows(request.node, request.input_dims(0), request.node.attr_ints("kernel_shape"));
}

/// Combines one tap of a line of windows at a time; the values of a line then need no gathering.
class PoolKernel : public Kernel {
 public:
  explicit PoolKernel(const KernelRequest& request)
      : windows_(windows_of(request)),
        planes_(request.input_dims(0)[0] * request.input_dims(0)[1]),
        inputs_(input_count(windows_)),
        outputs_(gatefold::output_count(windows_)) {}

 protected:
  /// y[o] = combine(y[o], x) for every tap x of window o, from y[o] = start on.
  template <typename Combine>
  void pool_plane(const float* x, float* y, float start, Combine combine) const {
    std::fill_n(y, outputs_, start);
    const std::int64_t step = windows_[2].stride;
    for_each_tap_line(
        windows_, [&](std::int64_t, std::int64_t input, std::int64_t output, std::int64_t count) {
          const float* source = x + input;
          float* target = y + output;
          if (step == 1) {
            for (std::int64_t i = 0; i < count; ++i) target[i] = combine(target[i], source[i]);
          } else {
            for (std::int64_t i = 0; i < count; ++i)
              target[i] = combine(target[i], source[i * step]);
          }
        });
  }

  Windows windows_;
  std::int64_t planes_;
  std::int64_t inputs_;
  std::int64_t outputs_;
};

class MaxPoolKernel : public PoolKernel {
 public:
  using PoolKernel::PoolKernel;

  void run(const Buffers& buffers) override {
    const auto* x = buffers.input<float>(0);
    auto* y = buffers.output<float>(0);
    for (std::int64_t plane = 0; plane < planes_; ++plane, x += inputs_, y += outputs_) {
      pool_plane(x, y, std::numeric_limits<float>::lowest(),
                 [](float a, float b) { return a > b ? a : b; });
    }
  }
};

class AveragePoolKernel : public PoolKernel {
 public:
  explicit AveragePoolKernel(const KernelRequest& request) : PoolKernel(request) {
    const bool counts_padding = request.node.attr_int("count_include_pad") != 0;
    for_each_window(windows_, [&](const WindowPlace& place) {
      std::int64_t count = 1;
      for (std::size_t i = 0; i < place.size(); ++i) {
        const Range taps = windows_[i].taps_of(place[i]);
        count *= counts_padding ? windows_[i].padded_taps_of(place[i]) : taps.end - taps.begin;
      }
      factors_.push_back(1.0F / static_cast<float>(count));
    });
  }

  void run(const Buffers& buffers) override {
    const auto* x = buffers.input<float>(0);
    auto* y = buffers.output<float>(0);
    for (std::int64_t plane = 0; plane < planes_; ++plane, x += inputs_, y += outputs_) {
      pool_plane(x, y, 0, [](float a, float b) { return a + b; });
      for (std::int64_t i = 0; i < outputs_; ++i) y[i] *= factors_[i];
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

float largest_of(const float* values, std::int64_t count) {
  float largest = values[0];
#pragma omp simd reduction(max : largest)
  for (std::int64_t i = 0; i < count; ++i) largest = values[i] > largest ? values[i] : largest;
  return largest;
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
  return std::make_unique<MaxPoolKernel>(request);
}

std::unique_ptr<Kernel> make_average_pool(const KernelRequest& request) {
  if (request.dtype() != DataType::kFloat32) return nullptr;
  return std::make_unique<AveragePoolKernel>(request);
}

std::unique_ptr<Kernel> make_global_average_pool(const KernelRequest& request) {
  return make_global_pool<mean_of>(request);
}

std::unique_ptr<Kernel> make_global_max_pool(const KernelRequest& request) {
  return make_global_pool<largest_of>(request);
}

}  // namespace gatefold::plain
