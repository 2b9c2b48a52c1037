#include <limits>
#include <optional>
#include <vector>

#include "backend/kernels.h"
#include "backend/plain/pool_lines.h"
#include "backend/plain/row_moments.h"
#include "ir/ops/spatial_window.h"

namespace gatefold::plain {
namespace {

Windows windows_of(const KernelRequest& request) {
  return place_windows(request.node, request.input_dims(0), request.node.attr_ints("kernel_shape"));
}

/// One plane after the other, copied to where windows are lines.
class PoolKernel : public Kernel {
 public:
  explicit PoolKernel(const KernelRequest& request)
      : windows_(windows_of(request)),
        planes_(request.input_dims(0)[0] * request.input_dims(0)[1]),
        inputs_(input_count(windows_)),
        outputs_(gatefold::output_count(windows_)) {
    if (outputs_ == 0) return;
    padded_.emplace(windows_, /*channels=*/1);
    lines_ = padded_->lines();
  }

  std::size_t scratch_bytes() const override {
    return padded_ ? static_cast<std::size_t>(padded_->size()) * sizeof(float) : 0;
  }

 protected:
  /// Calls pool(lines, plane of X, plane of Y) for every plane.
  template <typename Pool>
  void for_each_plane(const Buffers& buffers, float padding, const Pool& pool) const {
    if (!padded_) return;
    const auto* x = buffers.input<float>(0);
    auto* y = buffers.output<float>(0);
    auto* scratch = static_cast<float*>(buffers.scratch);
    for (std::int64_t plane = 0; plane < planes_; ++plane, x += inputs_, y += outputs_) {
      padded_->copy(x, scratch, padding);
      pool(lines_, scratch, y);
    }
  }

  Windows windows_;
  std::int64_t planes_;
  std::int64_t inputs_;
  std::int64_t outputs_;
  std::optional<PaddedPlanes> padded_;
  WindowLines lines_;
};

class MaxPoolKernel : public PoolKernel {
 public:
  using PoolKernel::PoolKernel;

  void run(const Buffers& buffers) override {
    for_each_plane(buffers, std::numeric_limits<float>::lowest(), max_pool_lines);
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
    for_each_plane(buffers, 0, [&](const WindowLines& lines, const float* x, float* y) {
      sum_pool_lines(lines, x, y);
      for (std::int64_t i = 0; i < outputs_; ++i) y[i] *= factors_[i];
    });
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
