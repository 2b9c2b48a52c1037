#include <algorithm>
#include <cstring>

#include "backend/kernels.h"
#include "backend/products/planned_gemm.h"
#include "ir/index.h"
#include "ir/ops/matmul.h"

namespace gatefold::native {
namespace {

/// Y starts as beta * C; the product is added to it. A constant B is kept not transposed.
class GemmKernel : public Kernel {
 public:
  explicit GemmKernel(const KernelRequest& request)
      : dims_(request.output_dims()),
        beta_(request.has_input(2) ? request.node.attr_float("beta") : 0),
        b_(kept_b(request)),
        product_(request, read(request), b_.is_defined() ? &b_ : nullptr) {
    if (beta_ != 0) c_strides_ = broadcast_strides(request.input_dims(2), dims_);
  }

  void run(const Buffers& buffers) override {
    const float* b = b_.is_defined() ? b_.data<float>() : buffers.input<float>(1);
    auto* y = buffers.output<float>(0);
    if (beta_ != 0) start_with(buffers.input<float>(2), y);
    product_.run(buffers.input<float>(0), b, y, buffers.scratch);
  }

  std::size_t scratch_bytes() const override { return product_.scratch_bytes(); }
  std::string implementation() const override { return product_.implementation(); }

 private:
  static Tensor kept_b(const KernelRequest& request) {
    const Tensor* b = request.constant(1);
    if (b == nullptr) return {};
    if (request.node.attr_int("transB") == 0) return *b;
    return request.packed.get(*b, "transposed", [&] { return transposed<float>(*b); });
  }

  Gemm read(const KernelRequest& request) const {
    const bool transpose_a = request.node.attr_int("transA") != 0;
    return {.m = dims_[0],
            .n = dims_[1],
            .k = request.input_dims(0)[transpose_a ? 0 : 1],
            .transpose_a = transpose_a,
            .transpose_b = !b_.is_defined() && request.node.attr_int("transB") != 0,
            .alpha = request.node.attr_float("alpha"),
            .beta = beta_ != 0 ? 1.0F : 0.0F};
  }

  void start_with(const float* c, float* y) const {
    const std::int64_t n = dims_[1];
    for (std::int64_t i = 0; i < dims_[0]; ++i, c += c_strides_[0], y += n) {
      if (c_strides_[1] == 0) {
        std::fill_n(y, n, beta_ * *c);
      } else if (beta_ == 1) {
        std::copy_n(c, n, y);
      } else {
        for (std::int64_t j = 0; j < n; ++j) y[j] = beta_ * c[j];
      }
    }
  }

  Dims dims_;
  float beta_;
  Tensor b_;  ///< A constant B, not transposed.
  PlannedGemm product_;
  Dims c_strides_;
};

}  // namespace

std::unique_ptr<Kernel> make_gemm(const KernelRequest& request) {
  if (request.dtype() != DataType::kFloat32) return nullptr;
  return std::make_unique<GemmKernel>(request);
}

}  // namespace gatefold::native
