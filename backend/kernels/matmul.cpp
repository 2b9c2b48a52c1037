#include "ir/ops/matmul.h"

#include <array>
#include <optional>

#include "backend/kernels.h"
#include "backend/products/planned_gemm.h"
#include "ir/index.h"

namespace gatefold::native {
namespace {

/// One matrix product for every index of the broadcast leading axes. Where all of them read the
/// same B, the rows of A form one tall matrix.
class MatMulKernel : public Kernel {
 public:
  explicit MatMulKernel(const KernelRequest& request) {
    MatMulExtents extents = matmul_extents(request.input_dims(0), request.input_dims(1));
    Gemm gemm{.m = extents.m, .n = extents.n, .k = extents.k};
    const bool shares_b = element_count(request.input_dims(1)) == extents.k * extents.n;
    const std::int64_t matrices = element_count(extents.batch);
    if (shares_b && element_count(request.input_dims(0)) == matrices * extents.m * extents.k) {
      gemm.m *= matrices;
      offsets_ = {{0, 0}};
    } else {
      for_each_index<2>(extents.batch, {extents.a_strides, extents.b_strides},
                        [&](const auto& offsets) { offsets_.push_back(offsets); });
    }
    c_size_ = gemm.m * gemm.n;
    product_.emplace(request, gemm, shares_b ? request.constant(1) : nullptr);
  }

  void run(const Buffers& buffers) override {
    const auto* a = buffers.input<float>(0);
    const auto* b = buffers.input<float>(1);
    auto* c = buffers.output<float>(0);
    for (const auto& [a_offset, b_offset] : offsets_) {
      product_->run(a + a_offset, b + b_offset, c, buffers.scratch);
      c += c_size_;
    }
  }

  std::size_t scratch_bytes() const override { return product_->scratch_bytes(); }
  std::string implementation() const override { return product_->implementation(); }

 private:
  std::optional<PlannedGemm> product_;
  std::int64_t c_size_ = 0;
  std::vector<std::array<std::int64_t, 2>> offsets_;  // Where each product's A and B start.
};

}  // namespace

std::unique_ptr<Kernel> make_matmul(const KernelRequest& request) {
  if (request.dtype() != DataType::kFloat32) return nullptr;
  return std::make_unique<MatMulKernel>(request);
}

}  // namespace gatefold::native
