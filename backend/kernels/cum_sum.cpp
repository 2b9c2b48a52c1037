#include <algorithm>

#include "backend/kernels.h"
#include "ir/dispatch.h"

namespace gatefold::native {
namespace {

/// Walks the axis once; every step adds a contiguous row of `inner` elements to the row before.
template <typename T>
class CumSumKernel : public Kernel {
 public:
  CumSumKernel(const KernelRequest& request, std::int64_t axis)
      : is_exclusive_(request.node.attr_int("exclusive") != 0),
        is_reverse_(request.node.attr_int("reverse") != 0) {
    const Dims dims = request.input_dims(0);
    if (axis < 0) axis += static_cast<std::int64_t>(dims.size());
    for (std::int64_t i = 0; i < axis; ++i) outer_ *= dims[i];
    extent_ = dims[axis];
    for (std::size_t i = axis + 1; i < dims.size(); ++i) inner_ *= dims[i];
    if (extent_ == 0) outer_ = 0;
  }

  void run(const Buffers& buffers) override {
    const T* x = buffers.input<T>(0);
    T* y = buffers.output<T>(0);
    const std::int64_t step = is_reverse_ ? -inner_ : inner_;
    const std::int64_t start = is_reverse_ ? (extent_ - 1) * inner_ : 0;
    for (std::int64_t o = 0; o < outer_; ++o, x += extent_ * inner_, y += extent_ * inner_) {
      add_up(x + start, y + start, step);
    }
  }

 private:
  void add_up(const T* x, T* y, std::int64_t step) const {
    if (is_exclusive_) {
      std::fill_n(y, inner_, T{});
    } else {
      std::copy_n(x, inner_, y);
    }
    for (std::int64_t t = 1; t < extent_; ++t) {
      const T* added = x + (is_exclusive_ ? t - 1 : t) * step;
      const T* before = y + (t - 1) * step;
      T* sum = y + t * step;
      for (std::int64_t i = 0; i < inner_; ++i) sum[i] = before[i] + added[i];
    }
  }

  bool is_exclusive_;
  bool is_reverse_;
  std::int64_t outer_ = 1;
  std::int64_t extent_ = 1;
  std::int64_t inner_ = 1;
};

}  // namespace

std::unique_ptr<Kernel> make_cum_sum(const KernelRequest& request) {
  if (request.constant(1) == nullptr) return nullptr;
  const std::int64_t axis = request.constant(1)->to_int64()[0];
  if (is_half(request.dtype())) return nullptr;
  std::unique_ptr<Kernel> kernel;
  dispatch_numeric(request.dtype(), [&]<typename T>() {
    kernel = std::make_unique<CumSumKernel<T>>(request, axis);
  });
  return kernel;
}

}  // namespace gatefold::native
