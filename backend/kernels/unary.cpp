#include <algorithm>
#include <array>
#include <limits>

#include "backend/kernels.h"
#include "backend/kernels/element_code.h"
#include "backend/simd/team.h"
#include "ir/dispatch.h"

namespace gatefold::native {
namespace {

class UnaryKernel : public Kernel {
 public:
  UnaryKernel(const KernelRequest& request, UnaryFunction function)
      : function_(function),
        size_(element_count(request.output_dims())),
        attributes_(float_attributes(request.node)) {
    if (size_ >= kParallelElements) threads_ = request.threads;
  }

  void run(const Buffers& buffers) override {
    const auto* x = buffers.input<float>(0);
    auto* y = buffers.output<float>(0);
    if (threads_ == 1) return run(x, y, size_);
    const std::int64_t part = (size_ + threads_ - 1) / threads_;
#pragma omp parallel for num_threads(threads_)
    for (std::int64_t begin = 0; begin < size_; begin += part) {
      run(x + begin, y + begin, std::min(part, size_ - begin));
    }
  }

 protected:
  void run(const float* x, float* y, std::int64_t count) {
    function_(x, y, static_cast<std::size_t>(count), attributes_[0], attributes_[1]);
  }

  UnaryFunction function_;
  std::int64_t size_;
  int threads_ = 1;
  std::array<float, 2> attributes_;
};

/// Clip's bounds are inputs.
class ClipKernel : public UnaryKernel {
 public:
  explicit ClipKernel(const KernelRequest& request)
      : UnaryKernel(request, find_unary_function("Clip")),
        has_min_(request.has_input(1)),
        has_max_(request.has_input(2)) {}

  void run(const Buffers& buffers) override {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    attributes_ = {has_min_ ? *buffers.input<float>(1) : -kInfinity,
                   has_max_ ? *buffers.input<float>(2) : kInfinity};
    UnaryKernel::run(buffers);
  }

 private:
  bool has_min_;
  bool has_max_;
};

/// Clip of numbers other than float32.
template <typename T>
class PlainClipKernel : public Kernel {
 public:
  explicit PlainClipKernel(const KernelRequest& request)
      : size_(element_count(request.output_dims())),
        has_min_(request.has_input(1)),
        has_max_(request.has_input(2)) {}

  void run(const Buffers& buffers) override {
    using Limits = std::numeric_limits<T>;
    const T lowest = Limits::has_infinity ? static_cast<T>(-Limits::infinity()) : Limits::lowest();
    const T highest = Limits::has_infinity ? Limits::infinity() : Limits::max();
    const T min = has_min_ ? *buffers.input<T>(1) : lowest;
    const T max = has_max_ ? *buffers.input<T>(2) : highest;
    const T* x = buffers.input<T>(0);
    T* y = buffers.output<T>(0);
    for (std::int64_t i = 0; i < size_; ++i) {
      const T above = x[i] < min ? min : x[i];
      y[i] = above > max ? max : above;
    }
  }

 private:
  std::int64_t size_;
  bool has_min_;
  bool has_max_;
};

}  // namespace

std::unique_ptr<Kernel> make_unary(const KernelRequest& request) {
  if (request.dtype() != DataType::kFloat32) return nullptr;
  return std::make_unique<UnaryKernel>(request, find_unary_function(request.node));
}

std::unique_ptr<Kernel> make_constant_power(const KernelRequest& request) {
  const UnaryFunction function = find_power_function(request);
  return function == nullptr ? nullptr : std::make_unique<UnaryKernel>(request, function);
}

std::unique_ptr<Kernel> make_clip(const KernelRequest& request) {
  if (request.dtype() == DataType::kFloat32) return std::make_unique<ClipKernel>(request);
  if (is_half(request.dtype())) return nullptr;
  std::unique_ptr<Kernel> kernel;
  dispatch_numeric(request.dtype(),
                   [&]<typename T>() { kernel = std::make_unique<PlainClipKernel<T>>(request); });
  return kernel;
}

}  // namespace gatefold::native
