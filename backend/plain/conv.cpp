#include "ir/ops/conv.h"

#include <algorithm>
#include <cstring>

#include "backend/kernels.h"
#include "backend/plain/gemm.h"

namespace gatefold::plain {
namespace {

bool has_padding(const AxisWindow& window) { return window.pad_begin > 0 || window.pad_end > 0; }

/// Every output reads one element, and output o reads element o.
bool is_pointwise(const Windows& windows) {
  return std::all_of(windows.begin(), windows.end(), [](const AxisWindow& window) {
    return window.kernel == 1 && window.stride == 1 && !has_padding(window);
  });
}

/// There is one output, which reads the whole input in order.
bool is_whole(const Windows& windows) {
  return std::all_of(windows.begin(), windows.end(), [](const AxisWindow& window) {
    return window.output == 1 && window.kernel == window.input && window.dilation == 1 &&
           !has_padding(window);
  });
}

/// Each group is a matrix product: W [M/group, C/group * taps] times the patches
/// [C/group * taps, outputs], which are X itself where windows do not overlap. All tensors keep
/// their plain layout: oneDNN's convolution is faster only in blocked layouts, and reordering X and
/// Y for one node costs what that gains.
class ConvKernel : public Kernel {
 public:
  explicit ConvKernel(const KernelRequest& request)
      : extents_(conv_extents(request.node, request.input_dims(0), request.input_dims(1))),
        inputs_(input_count(extents_.windows)),
        taps_(tap_count(extents_.windows)),
        reads_x_(is_pointwise(extents_.windows) || is_whole(extents_.windows)),
        pads_(std::any_of(extents_.windows.begin(), extents_.windows.end(), has_padding)) {
    gemm_ = {.m = extents_.group_outputs,
             .n = output_count(extents_.windows),
             .k = extents_.group_inputs * taps_,
             .beta = request.has_input(2) ? 1.0F : 0.0F};
  }

  std::size_t scratch_bytes() const override {
    return reads_x_ ? 0 : static_cast<std::size_t>(gemm_.k * gemm_.n) * sizeof(float);
  }

  void run(const Buffers& buffers) override {
    const auto* x = buffers.input<float>(0);
    const float* bias = gemm_.beta != 0 ? buffers.input<float>(2) : nullptr;
    auto* y = buffers.output<float>(0);
    auto* scratch = static_cast<float*>(buffers.scratch);
    for (std::int64_t n = 0; n < extents_.batch; ++n) {
      const auto* w = buffers.input<float>(1);
      for (std::int64_t group = 0; group < extents_.groups; ++group) {
        if (!reads_x_) gather_patches(x, scratch);
        if (bias != nullptr) start_with(bias + group * gemm_.m, y);
        run_gemm(gemm_, w, reads_x_ ? x : scratch, y);
        w += gemm_.m * gemm_.k;
        x += extents_.group_inputs * inputs_;
        y += gemm_.m * gemm_.n;
      }
    }
  }

  std::string implementation() const override { return implementation_of(gemm_); }

 private:
  void start_with(const float* bias, float* y) const {
    for (std::int64_t m = 0; m < gemm_.m; ++m) std::fill_n(y + m * gemm_.n, gemm_.n, bias[m]);
  }

  void gather_patches(const float* x, float* patches) const {
    if (pads_) std::fill_n(patches, gemm_.k * gemm_.n, 0.0F);
    const std::int64_t step = extents_.windows[2].stride;
    for (std::int64_t c = 0; c < extents_.group_inputs; ++c, x += inputs_) {
      for_each_tap_line(extents_.windows, [&](std::int64_t tap, std::int64_t input,
                                              std::int64_t output, std::int64_t count) {
        float* target = patches + (c * taps_ + tap) * gemm_.n + output;
        const float* source = x + input;
        if (step == 1) {
          std::copy_n(source, count, target);
        } else {
          for (std::int64_t i = 0; i < count; ++i) target[i] = source[i * step];
        }
      });
    }
  }

  ConvExtents extents_;
  std::int64_t inputs_;
  std::int64_t taps_;
  bool reads_x_;
  bool pads_;
  Gemm gemm_;
};

/// Convolution with one input channel per group: too thin for a matrix product.
class DepthwiseConvKernel : public Kernel {
 public:
  explicit DepthwiseConvKernel(const KernelRequest& request)
      : extents_(conv_extents(request.node, request.input_dims(0), request.input_dims(1))),
        has_bias_(request.has_input(2)),
        by_output_(extents_.windows[2].output < extents_.windows[2].kernel) {}

  void run(const Buffers& buffers) override {
    const auto* x = buffers.input<float>(0);
    auto* y = buffers.output<float>(0);
    const std::int64_t inputs = input_count(extents_.windows);
    const std::int64_t outputs = output_count(extents_.windows);
    const std::int64_t taps = tap_count(extents_.windows);
    for (std::int64_t n = 0; n < extents_.batch; ++n) {
      const auto* w = buffers.input<float>(1);
      const float* bias = has_bias_ ? buffers.input<float>(2) : nullptr;
      for (std::int64_t group = 0; group < extents_.groups; ++group, x += inputs) {
        for (std::int64_t m = 0; m < extents_.group_outputs; ++m, w += taps, y += outputs) {
          const float start = bias == nullptr ? 0.0F : *bias++;
          by_output_ ? convolve_by_output(w, x, start, y) : convolve_by_tap(w, x, start, y);
        }
      }
    }
  }

 private:
  /// Long lines of outputs: one tap at a time for all of them.
  void convolve_by_tap(const float* w, const float* x, float start, float* y) const {
    std::fill_n(y, output_count(extents_.windows), start);
    const std::int64_t step = extents_.windows[2].stride;
    for_each_tap_line(extents_.windows, [&](std::int64_t tap, std::int64_t input,
                                            std::int64_t output, std::int64_t count) {
      const float weight = w[tap];
      const float* source = x + input;
      float* target = y + output;
      if (step == 1) {
        for (std::int64_t i = 0; i < count; ++i) target[i] += weight * source[i];
      } else {
        for (std::int64_t i = 0; i < count; ++i) target[i] += weight * source[i * step];
      }
    });
  }

  /// Few outputs: all taps of one at a time.
  void convolve_by_output(const float* w, const float* x, float start, float* y) const {
    const auto& [depth, height, width] = extents_.windows;
    for (std::int64_t od = 0; od < depth.output; ++od) {
      const Range planes = depth.taps_of(od);
      for (std::int64_t oh = 0; oh < height.output; ++oh) {
        const Range rows = height.taps_of(oh);
        for (std::int64_t ow = 0; ow < width.output; ++ow) {
          const Range columns = width.taps_of(ow);
          float sum = start;
          for (std::int64_t kd = planes.begin; kd < planes.end; ++kd) {
            for (std::int64_t kh = rows.begin; kh < rows.end; ++kh) {
              const float* weights = w + (kd * height.kernel + kh) * width.kernel;
              const float* line =
                  x +
                  (depth.position(od, kd) * height.input + height.position(oh, kh)) * width.input +
                  width.position(ow, 0);
              for (std::int64_t kw = columns.begin; kw < columns.end; ++kw) {
                sum += weights[kw] * line[kw * width.dilation];
              }
            }
          }
          *y++ = sum;
        }
      }
    }
  }

  ConvExtents extents_;
  bool has_bias_;
  bool by_output_;
};

/// Each group is a matrix product that gives what every element of X spreads over its window, and a
/// sum of these contributions.
class ConvTransposeKernel : public Kernel {
 public:
  explicit ConvTransposeKernel(const KernelRequest& request)
      : extents_(
            conv_transpose_extents(request.node, request.input_dims(0), request.input_dims(1))),
        y_size_(input_count(extents_.windows)),
        taps_(tap_count(extents_.windows)),
        has_bias_(request.has_input(2)) {
    gemm_ = {.m = extents_.group_outputs * taps_,
             .n = output_count(extents_.windows),
             .k = extents_.group_inputs,
             .transpose_a = true};
  }

  std::size_t scratch_bytes() const override {
    return static_cast<std::size_t>(gemm_.m * gemm_.n) * sizeof(float);
  }

  void run(const Buffers& buffers) override {
    const auto* x = buffers.input<float>(0);
    auto* y = buffers.output<float>(0);
    auto* contributions = static_cast<float*>(buffers.scratch);
    for (std::int64_t n = 0; n < extents_.batch; ++n) {
      const auto* w = buffers.input<float>(1);
      const float* bias = has_bias_ ? buffers.input<float>(2) : nullptr;
      for (std::int64_t group = 0; group < extents_.groups; ++group) {
        run_gemm(gemm_, w, x, contributions);
        for (std::int64_t m = 0; m < extents_.group_outputs; ++m, y += y_size_) {
          std::fill_n(y, y_size_, bias == nullptr ? 0.0F : *bias++);
          add_contributions(contributions + m * taps_ * gemm_.n, y);
        }
        w += gemm_.m * gemm_.k;
        x += gemm_.k * gemm_.n;
      }
    }
  }

  std::string implementation() const override { return implementation_of(gemm_); }

 private:
  void add_contributions(const float* contributions, float* y) const {
    const std::int64_t step = extents_.windows[2].stride;
    for_each_tap_line(extents_.windows, [&](std::int64_t tap, std::int64_t on_y, std::int64_t on_x,
                                            std::int64_t count) {
      const float* source = contributions + tap * gemm_.n + on_x;
      float* target = y + on_y;
      if (step == 1) {
        for (std::int64_t i = 0; i < count; ++i) target[i] += source[i];
      } else {
        for (std::int64_t i = 0; i < count; ++i) target[i * step] += source[i];
      }
    });
  }

  ConvExtents extents_;
  std::int64_t y_size_;
  std::int64_t taps_;
  bool has_bias_;
  Gemm gemm_;
};

}  // namespace

std::unique_ptr<Kernel> make_conv(const KernelRequest& request) {
  if (request.dtype() != DataType::kFloat32) return nullptr;
  if (request.input_dims(1)[1] == 1) return std::make_unique<DepthwiseConvKernel>(request);
  return std::make_unique<ConvKernel>(request);
}

std::unique_ptr<Kernel> make_conv_transpose(const KernelRequest& request) {
  if (request.dtype() != DataType::kFloat32) return nullptr;
  return std::make_unique<ConvTransposeKernel>(request);
}

}  // namespace gatefold::plain
