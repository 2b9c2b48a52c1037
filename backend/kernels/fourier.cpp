#include "ir/ops/fourier.h"

#include <omp.h>

#include <algorithm>
#include <array>
#include <complex>
#include <optional>

#include "backend/kernels.h"
#include "backend/simd/fourier_transform.h"
#include "backend/simd/team.h"

namespace gatefold::native {
namespace {

/// Longer transforms would take too much memory side by side.
constexpr std::int64_t kMostBlocks = 1 << 16;
/// Numbers below which threads do not gain.
constexpr std::int64_t kParallelNumbers = 1 << 15;

/// Signals of one length, each a line of numbers in x and in y: line l begins at
/// l / inner * outer_step + l % inner * inner_step. All steps are in floats.
struct FourierLines {
  struct Side {
    std::int64_t outer_step, inner_step;
    std::int64_t components;  ///< 1 for real numbers, 2 for complex ones.
    std::int64_t step;        ///< From number to number.
    std::int64_t count;       ///< Numbers read or written.

    std::int64_t offset(std::int64_t line, std::int64_t inner) const {
      return line / inner * outer_step + line % inner * inner_step;
    }
    bool is_dense() const { return step == components; }
  };

  std::int64_t count, inner;
  std::int64_t length;  ///< Of the transform; what x does not have is zero.
  Side x, y;
  bool is_inverse;
  bool reads_half;  ///< x is the first half of a spectrum; the second one mirrors it.
};

/// DFT and STFT: as many lines at a time as FourierTransform takes. Real signals of even length go
/// through transforms of half the length.
class FourierKernel : public Kernel {
 public:
  FourierKernel(const KernelRequest& request, const FourierLines& lines,
                std::optional<std::size_t> window)
      : lines_(lines),
        window_(window),
        is_halved_(lines.length % 2 == 0 && (lines.is_inverse ? lines.y : lines.x).components == 1),
        transform_(is_halved_ ? lines.length / 2 : lines.length),
        blocks_(std::max(transform_.block_count(), lines.length + 1)) {
    if (lines.count * lines.length >= kParallelNumbers) {
      threads_ = static_cast<int>(std::clamp<std::int64_t>(group_count(), 1, request.threads));
    }
    for (std::int64_t k = 0; is_halved_ && k <= transform_.length(); ++k) {
      append_root(k, lines.length, twiddles_);
    }
    const float factor = lines.is_inverse ? 1.0F / static_cast<float>(transform_.length()) : 1.0F;
    factors_.assign(static_cast<std::size_t>(lines.x.count * lines.x.components), factor);
    is_constant_ = !window || request.constant(*window) != nullptr;
    if (window && is_constant_) set_window(request.constant(*window)->data<float>());
  }

  std::size_t scratch_bytes() const override {
    return sizeof(float) * buffer_size() * 2 * threads_;
  }
  std::size_t bytes() const override {
    return Kernel::bytes() + sizeof(float) * 4 * static_cast<std::size_t>(transform_.block_count());
  }

  void run(const Buffers& buffers) override {
    if (!is_constant_) set_window(buffers.input<float>(*window_));
    const auto* x = buffers.input<float>(0);
    auto* y = buffers.output<float>(0);
    for_each_part(group_count(), threads_, [&](std::int64_t group) {
      const int thread = threads_ == 1 ? 0 : omp_get_thread_num();
      auto* scratch = static_cast<float*>(buffers.scratch) + 2 * buffer_size() * thread;
      run_group(x, y, group * kFourierLanes, scratch);
    });
  }

 private:
  using Finite = std::array<bool, kFourierLanes>;

  std::int64_t group_count() const { return (lines_.count + kFourierLanes - 1) / kFourierLanes; }
  std::size_t buffer_size() const { return static_cast<std::size_t>(blocks_ * kFourierBlock); }

  void set_window(const float* window) {
    const auto components = static_cast<std::size_t>(lines_.x.components);
    for (std::size_t i = 0; i < factors_.size(); ++i) factors_[i] = window[i / components];
  }

  void run_group(const float* x, float* y, std::int64_t first, float* scratch) const {
    const std::int64_t count = std::min(kFourierLanes, lines_.count - first);
    std::array<const float*, kFourierLanes> sources{};
    std::array<float*, kFourierLanes> targets{};
    for (std::int64_t l = 0; l < count; ++l) {
      sources[l] = x + lines_.x.offset(first + l, lines_.inner);
      targets[l] = y + lines_.y.offset(first + l, lines_.inner);
    }
    read(sources.data(), count, scratch);
    Finite finite{};
    write(transform(scratch, scratch + buffer_size()), targets.data(), count, finite);
    for (std::int64_t l = 0; l < count; ++l) {
      if (!finite[l]) define(sources[l], targets[l]);
    }
  }

  /// Real numbers lie in pairs, as if they were complex, where the length is halved.
  std::int64_t row_stride(const FourierLines::Side& side) const {
    return side.components == 2 || is_halved_ ? kFourierLanes : kFourierBlock;
  }

  void read(const float* const* sources, std::int64_t count, float* blocks) const {
    const FourierLines::Side& side = lines_.x;
    const std::int64_t rows = side.count * side.components;
    const std::int64_t stride = row_stride(side);
    std::fill(blocks + (stride == kFourierLanes ? rows * stride : 0), blocks + buffer_size(), 0.0F);
    if (side.is_dense()) {
      return read_lines(sources, count, 1, rows, factors_.data(), blocks, stride);
    }
    std::array<const float*, kFourierLanes> parts{};
    for (std::int64_t c = 0; c < side.components; ++c) {
      for (std::int64_t l = 0; l < count; ++l) parts[l] = sources[l] + c;
      read_lines(parts.data(), count, side.step, side.count, factors_.data(),
                 blocks + c * kFourierLanes, stride * side.components);
    }
  }

  const float* transform(float* x, float* y) const {
    const FourierHalves halves =
        lines_.is_inverse ? FourierHalves::kImaginaryFirst : FourierHalves::kRealFirst;
    if (lines_.reads_half && is_halved_) {
      join_real_spectrum(x, transform_.length(), twiddles_.data(), y);
      return transform_.run(y, x, halves);
    }
    if (lines_.reads_half) mirror(x);
    float* result = transform_.run(x, y, halves);
    if (!is_halved_) return result;
    float* spectrum = result == x ? y : x;
    split_real_spectrum(result, transform_.length(), twiddles_.data(), spectrum);
    if (lines_.y.count == lines_.length) mirror(spectrum);
    return spectrum;
  }

  /// Makes the second half of the spectrum of real signals from the first.
  void mirror(float* blocks) const {
    for (std::int64_t k = lines_.length / 2 + 1; k < lines_.length; ++k) {
      const float* from = blocks + (lines_.length - k) * kFourierBlock;
      float* to = blocks + k * kFourierBlock;
      std::copy_n(from, kFourierLanes, to);
      for (std::int64_t l = kFourierLanes; l < kFourierBlock; ++l) to[l] = -from[l];
    }
  }

  void write(const float* blocks, float* const* targets, std::int64_t count, Finite& finite) const {
    const FourierLines::Side& side = lines_.y;
    const std::int64_t stride = row_stride(side);
    const std::int64_t rows = side.count * side.components;
    find_finite_lanes(blocks, rows * stride / kFourierLanes, finite.data());
    if (side.is_dense()) return write_lines(blocks, stride, rows, targets, count, 1);
    std::array<float*, kFourierLanes> parts{};
    for (std::int64_t c = 0; c < side.components; ++c) {
      for (std::int64_t l = 0; l < count; ++l) parts[l] = targets[l] + c;
      write_lines(blocks + c * kFourierLanes, stride * side.components, side.count, parts.data(),
                  count, side.step);
    }
  }

  /// One line as the operator defines it, where numbers are not finite or outgrow float32.
  void define(const float* x, float* y) const {
    const FourierLines::Side& from = lines_.x;
    const FourierLines::Side& to = lines_.y;
    std::vector<std::complex<double>> signal(static_cast<std::size_t>(lines_.length));
    for (std::int64_t i = 0; i < from.count; ++i) {
      const double factor = window_ ? factors_[i * from.components] : 1;
      const float* number = x + i * from.step;
      signal[i] = factor * std::complex<double>(number[0], from.components == 2 ? number[1] : 0.0F);
    }
    for (std::int64_t i = lines_.length / 2 + 1; lines_.reads_half && i < lines_.length; ++i) {
      signal[i] = std::conj(signal[lines_.length - i]);
    }
    const auto result = fourier_transform(signal, lines_.is_inverse);
    for (std::int64_t i = 0; i < to.count; ++i) {
      y[i * to.step] = static_cast<float>(result[i].real());
      if (to.components == 2) y[i * to.step + 1] = static_cast<float>(result[i].imag());
    }
  }

  FourierLines lines_;
  std::optional<std::size_t> window_;
  bool is_halved_;
  FourierTransform transform_;
  std::int64_t blocks_;
  int threads_ = 1;
  bool is_constant_ = true;
  std::vector<float> factors_;   // Of every float read of a line.
  std::vector<float> twiddles_;  // Of split_real_spectrum and join_real_spectrum.
};

std::unique_ptr<Kernel> make(const KernelRequest& request, const FourierLines& lines,
                             std::optional<std::size_t> window) {
  if (lines.length > kMostBlocks) return nullptr;
  return std::make_unique<FourierKernel>(request, lines, window);
}

/// The number that an input holds: the one given where there is no input, none where it may change.
std::optional<std::int64_t> constant_number(const KernelRequest& request, std::size_t input,
                                            std::int64_t otherwise) {
  if (!request.has_input(input)) return otherwise;
  const Tensor* constant = request.constant(input);
  if (constant == nullptr || constant->size() != 1) return std::nullopt;
  return constant->to_int64()[0];
}

}  // namespace

std::unique_ptr<Kernel> make_dft(const KernelRequest& request) {
  const Dims x = request.input_dims(0);
  const Dims y = request.output_dims();
  const bool is_inverse = request.node.attr_int("inverse") != 0;
  const bool is_onesided = request.node.attr_int("onesided") != 0;
  const auto axis = constant_number(request, 2, -2);
  if (request.dtype() != DataType::kFloat32 || !axis) return nullptr;
  const auto place = static_cast<std::size_t>(*axis < 0 ? *axis + x.size() : *axis);
  const bool reads_half = is_inverse && is_onesided;
  const auto length = constant_number(request, 1, reads_half ? 2 * (x[place] - 1) : x[place]);
  if (!length) return nullptr;
  const std::int64_t outer = element_count(Dims(x.begin(), x.begin() + place));
  const std::int64_t inner = element_count(Dims(x.begin() + place + 1, x.end() - 1));
  // So few numbers are summed by the definition, in double, as fast as a transform is set up.
  constexpr std::int64_t kFewNumbers = 100;
  if (outer * inner * *length <= kFewNumbers) return nullptr;
  const auto side = [&](const Dims& dims, std::int64_t count) {
    const std::int64_t components = dims.back();
    const std::int64_t step = inner * components;
    return FourierLines::Side{step * dims[place], components, components, step, count};
  };
  const std::int64_t wanted = reads_half ? *length / 2 + 1 : *length;
  return make(request,
              {.count = outer * inner,
               .inner = std::max<std::int64_t>(inner, 1),
               .length = *length,
               .x = side(x, std::min(wanted, x[place])),
               .y = side(y, y[place]),
               .is_inverse = is_inverse,
               .reads_half = reads_half},
              std::nullopt);
}

std::unique_ptr<Kernel> make_stft(const KernelRequest& request) {
  enum : std::size_t { kSignal, kFrameStep, kWindow, kFrameLength };
  const Dims x = request.input_dims(kSignal);
  const Dims y = request.output_dims();
  const bool has_window = request.has_input(kWindow);
  const std::int64_t window = has_window ? request.input_dims(kWindow)[0] : 0;
  const auto step = constant_number(request, kFrameStep, 1);
  const auto length = constant_number(request, kFrameLength, window);
  if (request.dtype() != DataType::kFloat32 || !step || !length) return nullptr;
  if (has_window && window != *length) return nullptr;
  const std::int64_t components = x.size() == 3 ? x[2] : 1;
  const std::int64_t frame = 2 * y[2];
  return make(request,
              {.count = y[0] * y[1],
               .inner = std::max<std::int64_t>(y[1], 1),
               .length = *length,
               .x = {x[1] * components, *step * components, components, components, *length},
               .y = {y[1] * frame, frame, 2, 2, y[2]},
               .is_inverse = false,
               .reads_half = false},
              has_window ? std::optional<std::size_t>(kWindow) : std::nullopt);
}

}  // namespace gatefold::native
