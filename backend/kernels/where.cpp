#include <algorithm>

#include "backend/kernels.h"
#include "backend/simd/broadcast_loop.h"
#include "ir/dispatch.h"

namespace gatefold::native {
namespace {

/// Elements of T only stand for their bytes.
template <typename T>
class WhereKernel : public Kernel {
 public:
  explicit WhereKernel(const KernelRequest& request)
      : loop_({request.input_dims(0), request.input_dims(1), request.input_dims(2)},
              request.output_dims()) {
    const bool x_moves = loop_.moves(1);
    const bool y_moves = loop_.moves(2);
    select_ =
        x_moves ? (y_moves ? select<1, 1> : select<1, 0>) : (y_moves ? select<0, 1> : select<0, 0>);
  }

  void run(const Buffers& buffers) override {
    const auto* condition = buffers.input<bool>(0);
    const auto* x = buffers.input<T>(1);
    const auto* y = buffers.input<T>(2);
    auto* output = buffers.output<T>(0);
    const std::int64_t n = loop_.inner_extent();
    loop_.run([&](const BroadcastLoop<3>::Offsets& offsets, std::int64_t offset) {
      const bool* from_condition = condition + offsets[0];
      if (loop_.moves(0)) {
        select_(from_condition, x + offsets[1], y + offsets[2], output + offset, n);
      } else if (*from_condition) {
        take(x + offsets[1], loop_.moves(1), output + offset, n);
      } else {
        take(y + offsets[2], loop_.moves(2), output + offset, n);
      }
    });
  }

 private:
  template <std::int64_t kStrideX, std::int64_t kStrideY>
  static void select(const bool* condition, const T* x, const T* y, T* output, std::int64_t n) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) {
      const T from_x = x[i * kStrideX];
      const T from_y = y[i * kStrideY];
      output[i] = condition[i] ? from_x : from_y;
    }
  }

  static void take(const T* source, bool moves, T* output, std::int64_t n) {
    if (moves) {
      std::copy_n(source, n, output);
    } else {
      std::fill_n(output, n, *source);
    }
  }

  BroadcastLoop<3> loop_;
  void (*select_)(const bool*, const T*, const T*, T*, std::int64_t) = nullptr;
};

}  // namespace

std::unique_ptr<Kernel> make_where(const KernelRequest& request) {
  std::unique_ptr<Kernel> kernel;
  dispatch_width(request.dtype(1),
                 [&]<typename T>() { kernel = std::make_unique<WhereKernel<T>>(request); });
  return kernel;
}

}  // namespace gatefold::native
