#include "ir/ops/conv.h"

#include <fmt/format.h>

#include <algorithm>

#include "backend/kernels.h"
#include "backend/kernels/partwise.h"
#include "backend/kernels/patches.h"
#include "backend/kernels/weight_panels.h"
#include "backend/products/gemm.h"
#include "backend/simd/conv_lines.h"
#include "backend/simd/team.h"

namespace gatefold::native {
namespace {

/// Windows of one element each, as windows of a single line.
Windows join_lines(const Windows& windows) {
  AxisWindow line;
  line.input = line.output = output_count(windows);
  return make_windows({line});
}

/// Each group is a matrix product: W [M/group, C/group * taps] times the patches
/// [C/group * taps, outputs], which are X itself where windows do not overlap.
class ConvKernel : public Kernel {
 public:
  explicit ConvKernel(const KernelRequest& request)
      : extents_(conv_extents(request.node, request.input_dims(0), request.input_dims(1))),
        patches_(extents_.windows),
        reads_x_(patches_.is_x()) {
    gemm_ = {.m = extents_.group_outputs,
             .n = patches_.outputs(),
             .k = extents_.group_inputs * patches_.taps(),
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
        if (!reads_x_) patches_.gather(x, extents_.group_inputs, scratch, gemm_.n);
        if (bias != nullptr) start_with(bias + group * gemm_.m, y);
        run_gemm(gemm_, w, reads_x_ ? x : scratch, y);
        w += gemm_.m * gemm_.k;
        x += extents_.group_inputs * patches_.inputs();
        y += gemm_.m * gemm_.n;
      }
    }
  }

  std::string implementation() const override { return implementation_of(gemm_); }

 private:
  void start_with(const float* bias, float* y) const {
    for (std::int64_t m = 0; m < gemm_.m; ++m) std::fill_n(y + m * gemm_.n, gemm_.n, bias[m]);
  }

  ConvExtents extents_;
  Patches patches_;
  bool reads_x_;
  Gemm gemm_;
};

/// Goes along lines of outputs, group by group. Threads share the groups, or where there are few,
/// each group.
class LineConvKernel : public PartwiseKernel {
 public:
  /// `reads_behind`: the lines' last vectors read behind X.
  LineConvKernel(const KernelRequest& request, const ConvExtents& extents, bool reads_behind)
      : extents_(extents),
        planes_(extents.windows, extents.group_inputs),
        lines_(planes_.lines()),
        reads_x_(planes_.is_x() && !reads_behind),
        has_bias_(request.has_input(2)) {
    const std::int64_t groups = extents.batch * extents.groups;
    const std::int64_t products = extents.group_outputs * taps() * lines_.output_count();
    if (groups >= request.threads) {
      group_threads_ = useful_threads(groups * products, 1, request.threads);
    } else {
      threads_ = useful_threads(products, 1, request.threads);
    }
  }

  std::size_t scratch_bytes() const override {
    return reads_x_ ? 0 : static_cast<std::size_t>(group_threads_ * planes_.size()) * sizeof(float);
  }

  void run_parts(const Buffers& buffers, const PartDone& done) override {
    run_as_team(group_threads_, [&](const Team& team) {
      auto* scratch = static_cast<float*>(buffers.scratch) + team.thread * planes_.size();
      const Range share = team.share(extents_.batch * extents_.groups);
      for (std::int64_t i = share.begin; i < share.end; ++i) {
        const std::int64_t group = i % extents_.groups;
        const float* x =
            buffers.input<float>(0) + i * extents_.group_inputs * input_count(extents_.windows);
        const float* bias =
            has_bias_ ? buffers.input<float>(2) + group * extents_.group_outputs : nullptr;
        const std::int64_t place = i * extents_.group_outputs * lines_.output_count();
        if (!reads_x_) planes_.copy(x, scratch);
        run_group(buffers, group, reads_x_ ? x : scratch, bias, buffers.output<float>(0) + place,
                  [&](std::int64_t begin, std::int64_t end, int thread) {
                    // One of the two numbers is 0.
                    done(place + begin, place + end, team.thread + thread);
                  });
      }
    });
  }

 protected:
  const ConvExtents& extents() const { return extents_; }
  const WindowLines& lines() const { return lines_; }
  std::int64_t taps() const { return static_cast<std::int64_t>(lines_.taps.size()); }
  int threads() const { return threads_; }

 private:
  virtual void run_group(const Buffers& buffers, std::int64_t group, const float* x,
                         const float* bias, float* y, const PartDone& done) const = 0;

  ConvExtents extents_;
  PaddedPlanes planes_;
  WindowLines lines_;
  bool reads_x_;
  bool has_bias_;
  int group_threads_ = 1;
  int threads_ = 1;
};

/// By vectors of output channels, with the weights packed for them, along each line of outputs.
class ChannelConvKernel : public LineConvKernel {
 public:
  ChannelConvKernel(const KernelRequest& request, const ConvExtents& extents)
      : LineConvKernel(request, extents, /*reads_behind=*/false),
        panel_(conv_panel_width()),
        panels_((extents.group_outputs + panel_ - 1) / panel_),
        weights_(pack(request)) {}

 private:
  // Outputs of a channel that are computed before the next panel.
  static constexpr std::int64_t kPartElements = 1024;

  void run_group(const Buffers& /*buffers*/, std::int64_t group, const float* x, const float* bias,
                 float* y, const PartDone& done) const override {
    const auto count = static_cast<std::int64_t>(lines().lines.size());
    const std::int64_t step = std::clamp<std::int64_t>(kPartElements / lines().width, 1, count);
    const std::int64_t parts = (count + step - 1) / step;
    run_as_team(threads(), [&](const Team& team) {
      const Range share = team.share(panels_ * parts);
      for (std::int64_t part = share.begin; part < share.end; ++part) {
        const std::int64_t first = part % parts * step;
        run_lines(group, part / parts, {first, std::min(first + step, count)}, x, bias, y,
                  team.thread, done);
      }
    });
  }

  void run_lines(std::int64_t group, std::int64_t panel, Range range, const float* x,
                 const float* bias, float* y, int thread, const PartDone& done) const {
    const std::int64_t m = panel * panel_;
    const std::int64_t outputs = lines().output_count();
    const std::int64_t channels = std::min(panel_, extents().group_outputs - m);
    const float* weights = weights_.data<float>() + (group * panels_ + panel) * taps() * panel_;
    for (std::int64_t line = range.begin; line < range.end; ++line) {
      convolve_line(lines(), line, x, weights, bias == nullptr ? nullptr : bias + m, channels,
                    y + m * outputs);
    }
    tell_rows(done, {m, m + channels}, outputs,
              {range.begin * lines().width, range.end * lines().width}, thread);
  }

  Tensor pack(const KernelRequest& request) const {
    const Tensor& w = *request.constant(1);
    return request.packed.get(w, fmt::format("conv panels {}", extents().groups), [&] {
      return pack_weight_panels(w.data<float>(), extents().groups, extents().group_outputs, taps(),
                                panel_);
    });
  }

  std::int64_t panel_;
  std::int64_t panels_;
  Tensor weights_;
};

/// By vectors of outputs, a few output channels at a time.
class OutputConvKernel : public LineConvKernel {
 public:
  OutputConvKernel(const KernelRequest& request, const ConvExtents& extents)
      : LineConvKernel(request, extents, /*reads_behind=*/true) {}

 private:
  void run_group(const Buffers& buffers, std::int64_t group, const float* x, const float* bias,
                 float* y, const PartDone& done) const override {
    const std::int64_t outputs = extents().group_outputs;
    const float* w = buffers.input<float>(1) + group * outputs * taps();
    const std::int64_t parts = (outputs + kConvChannels - 1) / kConvChannels;
    run_as_team(threads(), [&](const Team& team) {
      const Range share = team.share(parts);
      for (std::int64_t m = share.begin * kConvChannels;
           m < std::min(share.end * kConvChannels, outputs); m += kConvChannels) {
        const std::int64_t count = std::min(kConvChannels, outputs - m);
        const std::int64_t place = m * lines().output_count();
        convolve_lines(lines(), x, w + m * taps(), bias == nullptr ? nullptr : bias + m, count,
                       y + place);
        done(place, place + count * lines().output_count(), team.thread);
      }
    });
  }
};

// Measured on AVX-512: what turning the sums of a panel into lines costs, in taps, and how much
// longer a tap takes by vectors of outputs.
constexpr double kTurningTaps = 13;
constexpr double kOutputsFactor = 1.06;
// Vectors of outputs that are filled less than this lose to a matrix product.
constexpr double kWorstWaste = 2;

double waste(std::int64_t count, std::int64_t step) {
  const std::int64_t steps = (count + step - 1) / step;
  return static_cast<double>(steps * step) / static_cast<double>(count);
}

}  // namespace

std::unique_ptr<Kernel> make_conv(const KernelRequest& request) {
  if (request.dtype() != DataType::kFloat32) return nullptr;
  if (element_count(request.output_dims()) == 0) return std::make_unique<ConvKernel>(request);
  ConvExtents extents = conv_extents(request.node, request.input_dims(0), request.input_dims(1));
  if (is_pointwise(extents.windows)) extents.windows = join_lines(extents.windows);
  const std::int64_t lanes = conv_panel_width() / 2;
  const std::int64_t width = extents.windows[2].output;
  const std::int64_t taps = extents.group_inputs * tap_count(extents.windows);
  if (is_pointwise(extents.windows) && width >= lanes) {
    if (auto kernel = make_pointwise_conv(request)) return kernel;
    return std::make_unique<ConvKernel>(request);
  }
  const double by_outputs = kOutputsFactor * waste(width, lanes);
  const double by_channels =
      waste(extents.group_outputs, conv_panel_width()) + kTurningTaps / static_cast<double>(taps);
  if (request.constant(1) != nullptr && by_channels < by_outputs) {
    return std::make_unique<ChannelConvKernel>(request, extents);
  }
  if (request.constant(1) != nullptr || extents.group_inputs == 1 || by_outputs < kWorstWaste) {
    return std::make_unique<OutputConvKernel>(request, extents);
  }
  return std::make_unique<ConvKernel>(request);
}

}  // namespace gatefold::native
