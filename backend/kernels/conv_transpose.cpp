#include <algorithm>

#include "backend/kernels.h"
#include "backend/kernels/partwise.h"
#include "backend/products/gemm.h"
#include "backend/simd/interleave.h"
#include "backend/simd/team.h"
#include "ir/ops/conv.h"

namespace gatefold::native {
namespace {

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

/// Windows that lie side by side: every element of Y has one contribution. Goes along the lines of
/// X in parts that stay in the cache.
class SideBySideKernel : public PartwiseKernel {
 public:
  SideBySideKernel(const KernelRequest& request, const ConvExtents& extents)
      : extents_(extents),
        taps_(tap_count(extents.windows)),
        columns_(extents.windows[2].output),
        lines_(extents.windows[0].output * extents.windows[1].output),
        has_bias_(request.has_input(2)) {
    const std::int64_t rows = extents_.group_outputs * taps_;
    gemm_ = with_strides(
        {.m = rows, .n = lines_ * columns_, .k = extents_.group_inputs, .transpose_a = true});
    threads_ = useful_threads(gemm_.m * gemm_.n * gemm_.k, 1, request.threads);
    // The lines of several planes are not written one after the other.
    const bool is_flat = extents_.windows[0].input == 1;
    const std::int64_t lines = is_flat ? kPartElements / (rows * columns_) : lines_;
    part_lines_ = std::clamp<std::int64_t>(lines, 1, lines_);
  }

  std::size_t scratch_bytes() const override {
    return static_cast<std::size_t>(threads_ * part_size()) * sizeof(float);
  }

  void run_parts(const Buffers& buffers, const PartDone& done) override {
    const std::int64_t parts = (lines_ + part_lines_ - 1) / part_lines_;
    const std::int64_t groups = extents_.batch * extents_.groups;
    run_as_team(threads_, [&](const Team& team) {
      auto* products = static_cast<float*>(buffers.scratch) + team.thread * part_size();
      const Range share = team.share(groups * parts);
      for (std::int64_t i = share.begin; i < share.end; ++i) {
        const std::int64_t first = i % parts * part_lines_;
        const Range lines{first, std::min(first + part_lines_, lines_)};
        run_lines(buffers, i / parts, lines, products);
        const std::int64_t channel = i / parts * extents_.group_outputs;
        tell_rows(done, {channel, channel + extents_.group_outputs}, lines_ * columns_ * taps_,
                  {lines.begin * columns_ * taps_, lines.end * columns_ * taps_}, team.thread);
      }
    });
  }

 private:
  // Contributions of a part, which stay in the second cache.
  static constexpr std::int64_t kPartElements = 48 * 1024;

  std::int64_t part_size() const { return gemm_.m * part_lines_ * columns_; }

  /// `number` counts groups, those of the first batch before those of the second.
  void run_lines(const Buffers& buffers, std::int64_t number, Range lines, float* products) const {
    const std::int64_t group = number % extents_.groups;
    const float* x = buffers.input<float>(0) + number * gemm_.k * gemm_.n + lines.begin * columns_;
    float* y =
        buffers.output<float>(0) + number * extents_.group_outputs * input_count(extents_.windows);
    Gemm part = gemm_;
    part.n = part.c_stride = lines.count() * columns_;
    run_small_gemm(part, buffers.input<float>(1) + group * gemm_.m * gemm_.k, x, products);
    const AxisWindow& width = extents_.windows[2];
    const std::int64_t tap_lines = taps_ / width.kernel;
    for (std::int64_t m = 0; m < extents_.group_outputs; ++m) {
      const float bias =
          has_bias_ ? buffers.input<float>(2)[group * extents_.group_outputs + m] : 0.0F;
      for (std::int64_t tap = 0; tap < tap_lines; ++tap) {
        const float* source = products + (m * tap_lines + tap) * width.kernel * part.n;
        for (std::int64_t line = lines.begin; line < lines.end; ++line, source += columns_) {
          interleave(source, part.n, width.kernel, columns_, bias,
                     y + (m * tap_lines * lines_ + line_of(line, tap)) * width.input);
        }
      }
    }
  }

  /// The line of Y that a tap of a line of X becomes.
  std::int64_t line_of(std::int64_t line, std::int64_t tap) const {
    const auto& [depth, height, width] = extents_.windows;
    const std::int64_t plane = line / height.output * depth.kernel + tap / height.kernel;
    return plane * height.input + line % height.output * height.kernel + tap % height.kernel;
  }

  ConvExtents extents_;
  std::int64_t taps_;
  std::int64_t columns_;  // Elements of a line of X.
  std::int64_t lines_;    // Of a channel of X.
  bool has_bias_;
  Gemm gemm_;
  int threads_ = 1;
  std::int64_t part_lines_ = 1;
};

bool lie_side_by_side(const Windows& windows) {
  return std::all_of(windows.begin(), windows.end(), [](const AxisWindow& axis) {
    return axis.kernel == axis.stride && axis.dilation == 1 && axis.pad_begin == 0 &&
           axis.input == axis.output * axis.stride;
  });
}

}  // namespace

std::unique_ptr<Kernel> make_conv_transpose(const KernelRequest& request) {
  if (request.dtype() != DataType::kFloat32) return nullptr;
  const ConvExtents extents =
      conv_transpose_extents(request.node, request.input_dims(0), request.input_dims(1));
  if (lie_side_by_side(extents.windows) && element_count(request.input_dims(0)) > 0) {
    return std::make_unique<SideBySideKernel>(request, extents);
  }
  return std::make_unique<ConvTransposeKernel>(request);
}

}  // namespace gatefold::native
