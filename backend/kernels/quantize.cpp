#include <algorithm>
#include <limits>
#include <type_traits>

#include "backend/kernels.h"
#include "backend/kernels/index_checks.h"
#include "ir/dispatch.h"
#include "ir/ops/quantization.h"

namespace gatefold::native {
namespace {

enum : std::size_t { kX, kScale, kZeroPoint };

/// x [outer, extent, inner] with a scale and a zero point for each index of the middle axis; a
/// scalar scale counts for one row of everything.
class ScaledRows {
 public:
  explicit ScaledRows(const KernelRequest& request) {
    const Dims x = request.input_dims(kX);
    inner_ = element_count(x);
    if (element_count(request.input_dims(kScale)) == 1) return;
    const auto place = x.begin() + axis_of(request.node, static_cast<std::int64_t>(x.size()));
    outer_ = element_count(Dims(x.begin(), place));
    extent_ = *place;
    inner_ = element_count(Dims(place + 1, x.end()));
  }

  /// Calls visit(k, offset, count) for every row, k being the number of its scale.
  template <typename Visit>
  void for_each(const Visit& visit) const {
    std::int64_t offset = 0;
    for (std::int64_t o = 0; o < outer_; ++o) {
      for (std::int64_t k = 0; k < extent_; ++k, offset += inner_) visit(k, offset, inner_);
    }
  }

 private:
  std::int64_t outer_ = 1, extent_ = 1, inner_ = 1;
};

/// As quantize of ir/ops/quantization.h, for types of up to 16 bits.
template <typename T>
void quantize_row(const float* x, std::int64_t count, float scale, float zero, T* y) {
  constexpr auto kLeast = static_cast<float>(std::numeric_limits<T>::lowest());
  constexpr auto kGreatest = static_cast<float>(std::numeric_limits<T>::max());
  // 1.5 * 2^23: the sum has no bits left for fractions, so that it is rounded, halves to even.
  constexpr float kRounder = 12582912.0F;
  for (std::int64_t i = 0; i < count; ++i) {
    const float value = std::min(kGreatest - zero, std::max(kLeast - zero, x[i] / scale));
    const float rounded = (value + kRounder) - kRounder;
    y[i] = static_cast<T>(static_cast<std::int32_t>(rounded + zero));
  }
}

template <typename T>
class QuantizeKernel : public Kernel {
 public:
  explicit QuantizeKernel(const KernelRequest& request)
      : rows_(request), has_zero_point_(request.has_input(kZeroPoint)) {}

  void run(const Buffers& buffers) override {
    const auto* x = buffers.input<float>(kX);
    const auto* scale = buffers.input<float>(kScale);
    const T* zero = has_zero_point_ ? buffers.input<T>(kZeroPoint) : nullptr;
    auto* y = buffers.output<T>(0);
    rows_.for_each([&](std::int64_t k, std::int64_t offset, std::int64_t count) {
      quantize_row(x + offset, count, scale[k], zero == nullptr ? 0.0F : zero[k], y + offset);
    });
  }

 private:
  ScaledRows rows_;
  bool has_zero_point_;
};

template <typename T>
class DequantizeKernel : public Kernel {
  using Wide = std::conditional_t<sizeof(T) == 4, std::int64_t, std::int32_t>;

 public:
  explicit DequantizeKernel(const KernelRequest& request)
      : rows_(request), has_zero_point_(request.has_input(kZeroPoint)) {}

  void run(const Buffers& buffers) override {
    const auto* x = buffers.input<T>(kX);
    const auto* scale = buffers.input<float>(kScale);
    const T* zero = has_zero_point_ ? buffers.input<T>(kZeroPoint) : nullptr;
    auto* y = buffers.output<float>(0);
    rows_.for_each([&](std::int64_t k, std::int64_t offset, std::int64_t count) {
      const Wide zero_point = zero == nullptr ? 0 : zero[k];
      for (std::int64_t i = offset; i < offset + count; ++i) {
        y[i] = static_cast<float>(x[i] - zero_point) * scale[k];
      }
    });
  }

 private:
  ScaledRows rows_;
  bool has_zero_point_;
};

/// Without blocks, and in float32.
bool is_possible(const KernelRequest& request, DataType numbers) {
  return numbers == DataType::kFloat32 && request.dtype(kScale) == DataType::kFloat32 &&
         request.node.attr_int("block_size") == 0;
}

}  // namespace

std::unique_ptr<Kernel> make_quantize(const KernelRequest& request) {
  if (!is_possible(request, request.dtype(kX))) return nullptr;
  std::unique_ptr<Kernel> kernel;
  dispatch<std::int8_t, std::uint8_t, std::int16_t, std::uint16_t>(
      request.outputs[0].dtype,
      [&]<typename T>() { kernel = std::make_unique<QuantizeKernel<T>>(request); });
  return kernel;
}

std::unique_ptr<Kernel> make_dequantize(const KernelRequest& request) {
  if (!is_possible(request, request.outputs[0].dtype)) return nullptr;
  std::unique_ptr<Kernel> kernel;
  dispatch<std::int8_t, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t>(
      request.dtype(kX),
      [&]<typename T>() { kernel = std::make_unique<DequantizeKernel<T>>(request); });
  return kernel;
}

}  // namespace gatefold::native
