#include <algorithm>

#include "backend/kernels.h"
#include "ir/ops/grid_sampler.h"

namespace gatefold::native {
namespace {

/// What is read at a point is found once for all channels.
class GridSampleKernel : public Kernel {
 public:
  explicit GridSampleKernel(const KernelRequest& request)
      : sampler_(request.node, request.input_dims(0)), point_(request.input_dims(1).back()) {
    const Dims x = request.input_dims(0);
    batches_ = x[0];
    channels_ = x[1];
    image_ = element_count(Dims(x.begin() + 2, x.end()));
    const Dims y = request.output_dims();
    points_ = element_count(Dims(y.begin() + 2, y.end()));
  }

  void run(const Buffers& buffers) override {
    const auto* grid = buffers.input<float>(1);
    const auto* x = buffers.input<float>(0);
    auto* y = buffers.output<float>(0);
    for (std::int64_t n = 0; n < batches_; ++n) {
      for (std::int64_t i = 0; i < points_; ++i, grid += point_.size()) {
        std::copy_n(grid, point_.size(), point_.begin());
        sampler_.move_to(point_.data());
        for (std::int64_t c = 0; c < channels_; ++c) {
          y[c * points_ + i] = sampler_.sample(x + c * image_);
        }
      }
      x += channels_ * image_;
      y += channels_ * points_;
    }
  }

 private:
  ops::GridSampler sampler_;
  std::vector<double> point_;
  std::int64_t batches_ = 0, channels_ = 0, image_ = 0, points_ = 0;
};

}  // namespace

std::unique_ptr<Kernel> make_grid_sample(const KernelRequest& request) {
  const bool is_float =
      request.dtype() == DataType::kFloat32 && request.dtype(1) == DataType::kFloat32;
  return is_float ? std::make_unique<GridSampleKernel>(request) : nullptr;
}

}  // namespace gatefold::native
