#include <algorithm>

#include "backend/kernels.h"
#include "backend/plain/index_checks.h"

namespace gatefold::plain {
namespace {

template <typename Index>
class GatherGradKernel : public Kernel {
 public:
  explicit GatherGradKernel(const KernelRequest& request)
      : node_(request.node), size_(element_count(request.output_dims())) {
    const Dims data = request.output_dims();
    axis_ = axis_of(request.node, static_cast<std::int64_t>(data.size()));
    outer_ = element_count(Dims(data.begin(), data.begin() + axis_));
    extent_ = data[axis_];
    inner_ = element_count(Dims(data.begin() + axis_ + 1, data.end()));
    rows_ = element_count(request.input_dims(1));
  }

  void run(const Buffers& buffers) override {
    const auto* indices = buffers.input<Index>(1);
    const auto* dY = buffers.input<float>(2);
    auto* dX = buffers.output<float>(0);
    std::fill_n(dX, size_, 0.0F);
    for (std::int64_t o = 0; o < outer_; ++o, dX += extent_ * inner_) {
      for (std::int64_t row = 0; row < rows_; ++row, dY += inner_) {
        float* target = dX + checked_index(node_, indices[row], extent_, axis_) * inner_;
        for (std::int64_t i = 0; i < inner_; ++i) target[i] += dY[i];
      }
    }
  }

 private:
  const Node& node_;
  std::int64_t size_;
  std::int64_t axis_ = 0;
  std::int64_t outer_ = 1;
  std::int64_t extent_ = 0;
  std::int64_t inner_ = 1;
  std::int64_t rows_ = 0;
};

}  // namespace

std::unique_ptr<Kernel> make_gather_grad(const KernelRequest& request) {
  if (request.dtype(2) != DataType::kFloat32) return nullptr;
  if (request.dtype(1) == DataType::kInt32) {
    return std::make_unique<GatherGradKernel<std::int32_t>>(request);
  }
  return std::make_unique<GatherGradKernel<std::int64_t>>(request);
}

}  // namespace gatefold::plain
