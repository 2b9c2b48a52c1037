#include <algorithm>
#include <vector>

#include "backend/kernels.h"
#include "backend/kernels/index_checks.h"

namespace gatefold::native {
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

/// Remembers for each row of the data where its gradient is added up.
template <typename Index>
class GatherRowsGradKernel : public Kernel {
 public:
  explicit GatherRowsGradKernel(const KernelRequest& request)
      : node_(request.node),
        rows_(element_count(request.input_dims(1))),
        inner_(rows_ == 0 ? 0 : element_count(request.output_dims()) / rows_),
        sums_(static_cast<std::size_t>(request.constant(0)->to_int64().front()), nullptr) {}

  void run(const Buffers& buffers) override {
    const auto* indices = buffers.input<Index>(1);
    for (std::int64_t row = 0; row < rows_; ++row) sum_of(indices[row]) = nullptr;
    const auto* dY = buffers.input<float>(2);
    auto* target = buffers.output<float>(0);
    for (std::int64_t row = 0; row < rows_; ++row, dY += inner_, target += inner_) {
      float*& sum = sum_of(indices[row]);
      if (sum == nullptr) {
        std::copy_n(dY, inner_, target);
        sum = target;
      } else {
        for (std::int64_t i = 0; i < inner_; ++i) sum[i] += dY[i];
        std::fill_n(target, inner_, 0.0F);
      }
    }
  }

 private:
  float*& sum_of(Index index) {
    return sums_[checked_index(node_, index, static_cast<std::int64_t>(sums_.size()), 0)];
  }

  const Node& node_;
  std::int64_t rows_;
  std::int64_t inner_;
  std::vector<float*> sums_;  // By row of the data; those of rows that a run picks are its own.
};

template <template <typename> class GradKernel>
std::unique_ptr<Kernel> make_for_index(const KernelRequest& request) {
  if (request.dtype(2) != DataType::kFloat32) return nullptr;
  if (request.dtype(1) == DataType::kInt32) {
    return std::make_unique<GradKernel<std::int32_t>>(request);
  }
  return std::make_unique<GradKernel<std::int64_t>>(request);
}

}  // namespace

std::unique_ptr<Kernel> make_gather_grad(const KernelRequest& request) {
  return make_for_index<GatherGradKernel>(request);
}

std::unique_ptr<Kernel> make_gather_rows_grad(const KernelRequest& request) {
  return request.constant(0) == nullptr ? nullptr : make_for_index<GatherRowsGradKernel>(request);
}

}  // namespace gatefold::native
