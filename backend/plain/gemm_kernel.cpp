#include <algorithm>
#include <cstring>

#include "backend/kernels.h"
#include "backend/plain/gemm.h"
#include "ir/index.h"
#include "ir/ops/matmul.h"

namespace gatefold::plain {
namespace {

/// Y starts as beta * C; the product is added to it. A constant B is kept not transposed.
class GemmKernel : public Kernel {
 public:
  explicit GemmKernel(const KernelRequest& request) {
    const Dims a = request.input_dims(0);
    const Dims y = request.output_dims();
    gemm_.transpose_a = request.node.attr_int("transA") != 0;
    gemm_.transpose_b = request.node.attr_int("transB") != 0;
    gemm_.m = y[0];
    gemm_.n = y[1];
    gemm_.k = a[gemm_.transpose_a ? 0 : 1];
    gemm_.alpha = request.node.attr_float("alpha");
    const Tensor* b = request.constant(1);
    if (gemm_.transpose_b && b != nullptr) {
      packed_b_ = request.packed.get(*b, "transposed", [&] { return transposed<float>(*b); });
      gemm_.transpose_b = false;
    }
    beta_ = request.node.attr_float("beta");
    if (request.has_input(2) && beta_ != 0) {
      gemm_.beta = 1;
      c_strides_ = broadcast_strides(request.input_dims(2), y);
    }
  }

  void run(const Buffers& buffers) override {
    const float* b = packed_b_.is_defined() ? packed_b_.data<float>() : buffers.input<float>(1);
    auto* y = buffers.output<float>(0);
    if (gemm_.beta != 0) start_with(buffers.input<float>(2), y);
    run_gemm(gemm_, buffers.input<float>(0), b, y);
  }

  std::string implementation() const override { return implementation_of(gemm_); }

 private:
  void start_with(const float* c, float* y) const {
    for (std::int64_t i = 0; i < gemm_.m; ++i, c += c_strides_[0], y += gemm_.n) {
      if (c_strides_[1] == 0) {
        std::fill_n(y, gemm_.n, beta_ * *c);
      } else if (beta_ == 1) {
        std::copy_n(c, gemm_.n, y);
      } else {
        for (std::int64_t j = 0; j < gemm_.n; ++j) y[j] = beta_ * c[j];
      }
    }
  }

  Gemm gemm_;
  float beta_ = 0;
  Dims c_strides_;
  Tensor packed_b_;
};

}  // namespace

std::unique_ptr<Kernel> make_gemm(const KernelRequest& request) {
  if (request.dtype() != DataType::kFloat32) return nullptr;
  return std::make_unique<GemmKernel>(request);
}

}  // namespace gatefold::plain
