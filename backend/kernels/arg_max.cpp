#include <algorithm>
#include <cmath>
#include <iterator>

#include "backend/kernels.h"
#include "backend/kernels/index_checks.h"
#include "backend/simd/reduce_loops.h"
#include "ir/dispatch.h"
#include "ir/op_def.h"

namespace gatefold::native {
namespace {

/// ArgMax or ArgMin of float rows along the last axis: finds the best number, then where it is.
class DenseArgKernel : public Kernel {
 public:
  explicit DenseArgKernel(const KernelRequest& request)
      : best_of_(request.node.op().name == "ArgMax" ? largest : smallest),
        select_last_(request.node.attr_int("select_last_index") != 0),
        rows_(element_count(request.output_dims())),
        extent_(request.input_dims(0).back()) {}

  void run(const Buffers& buffers) override {
    const auto* row = buffers.input<float>(0);
    auto* output = buffers.output<std::int64_t>(0);
    for (std::int64_t i = 0; i < rows_; ++i, row += extent_) {
      const float best = best_of_(row, extent_);
      const auto is_best = [best](float x) { return x == best || (x != x && best != best); };
      if (select_last_) {
        const auto end = std::make_reverse_iterator(row + extent_);
        output[i] =
            extent_ - 1 - (std::find_if(end, std::make_reverse_iterator(row), is_best) - end);
      } else {
        output[i] = std::find_if(row, row + extent_, is_best) - row;
      }
    }
  }

 private:
  float (*best_of_)(const float* x, std::int64_t n);
  bool select_last_;
  std::int64_t rows_, extent_;
};

/// Along any axis, of any numbers: x [outer, extent, inner] row by row; the best ones so far are in
/// the scratch memory.
template <typename T>
class ArgKernel : public Kernel {
 public:
  ArgKernel(const KernelRequest& request, std::int64_t axis)
      : is_largest_(request.node.op().name == "ArgMax"),
        select_last_(request.node.attr_int("select_last_index") != 0) {
    const Dims dims = request.input_dims(0);
    outer_ = element_count(Dims(dims.begin(), dims.begin() + axis));
    extent_ = dims[axis];
    inner_ = element_count(Dims(dims.begin() + axis + 1, dims.end()));
  }

  std::size_t scratch_bytes() const override {
    return static_cast<std::size_t>(inner_) * sizeof(T);
  }

  void run(const Buffers& buffers) override {
    const T* x = buffers.input<T>(0);
    auto* y = buffers.output<std::int64_t>(0);
    auto* best = static_cast<T*>(buffers.scratch);
    for (std::int64_t o = 0; o < outer_; ++o, y += inner_) {
      std::copy_n(x, inner_, best);
      std::fill_n(y, inner_, 0);
      x += inner_;
      for (std::int64_t row = 1; row < extent_; ++row, x += inner_) {
        for (std::int64_t i = 0; i < inner_; ++i) {
          if (!wins(x[i], best[i])) continue;
          best[i] = x[i];
          y[i] = row;
        }
      }
    }
  }

 private:
  /// NaN wins against any number.
  bool wins(T x, T best) const {
    const bool is_nan = x != x, is_best_nan = best != best;
    if (is_nan || is_best_nan) return is_nan && (select_last_ || !is_best_nan);
    return is_largest_ ? x > best || (select_last_ && x == best)
                       : x < best || (select_last_ && x == best);
  }

  bool is_largest_, select_last_;
  std::int64_t outer_ = 1, extent_ = 1, inner_ = 1;
};

}  // namespace

std::unique_ptr<Kernel> make_arg_max(const KernelRequest& request) {
  const auto rank = static_cast<std::int64_t>(request.input_dims(0).size());
  const std::int64_t axis = axis_of(request.node, rank);
  if (request.dtype() == DataType::kFloat32 && axis == rank - 1) {
    return std::make_unique<DenseArgKernel>(request);
  }
  if (is_half(request.dtype())) return nullptr;
  std::unique_ptr<Kernel> kernel;
  dispatch_numeric(request.dtype(),
                   [&]<typename T>() { kernel = std::make_unique<ArgKernel<T>>(request, axis); });
  return kernel;
}

}  // namespace gatefold::native
