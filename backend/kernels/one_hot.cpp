#include <algorithm>

#include "backend/kernels.h"
#include "backend/kernels/index_checks.h"
#include "ir/dispatch.h"

namespace gatefold::native {
namespace {

template <typename T, typename Index>
class OneHotKernel : public Kernel {
 public:
  explicit OneHotKernel(const KernelRequest& request) {
    const Dims dims = request.output_dims();
    const std::int64_t axis = axis_of(request.node, static_cast<std::int64_t>(dims.size()));
    depth_ = dims[axis];
    inner_ = element_count(Dims(dims.begin() + axis + 1, dims.end()));
    count_ = element_count(request.input_dims(0));
  }

  void run(const Buffers& buffers) override {
    const auto* indices = buffers.input<Index>(0);
    const auto* values = buffers.input<T>(2);
    auto* output = buffers.output<T>(0);
    std::fill_n(output, count_ * depth_, values[0]);
    for (std::int64_t i = 0; i < count_; ++i) {
      auto hot = static_cast<std::int64_t>(indices[i]);
      if (hot < -depth_ || hot >= depth_) continue;
      if (hot < 0) hot += depth_;
      output[(i / inner_ * depth_ + hot) * inner_ + i % inner_] = values[1];
    }
  }

 private:
  std::int64_t depth_ = 0, inner_ = 1, count_ = 0;
};

}  // namespace

std::unique_ptr<Kernel> make_one_hot(const KernelRequest& request) {
  std::unique_ptr<Kernel> kernel;
  dispatch_width(request.dtype(2), [&]<typename T>() {
    if (request.dtype() == DataType::kInt64) {
      kernel = std::make_unique<OneHotKernel<T, std::int64_t>>(request);
    } else if (request.dtype() == DataType::kInt32) {
      kernel = std::make_unique<OneHotKernel<T, std::int32_t>>(request);
    }
  });
  return kernel;
}

}  // namespace gatefold::native
