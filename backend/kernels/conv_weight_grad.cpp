#include <algorithm>

#include "backend/kernels.h"
#include "backend/kernels/patches.h"
#include "backend/products/gemm.h"
#include "backend/products/scratch_layout.h"
#include "backend/simd/team.h"
#include "ir/ops/conv.h"

namespace gatefold::native {
namespace {

// Elements of patches that stay in a core's cache while they are multiplied.
constexpr std::int64_t kBlockElements = 64 * 1024;

// Windows of an image from which its products are worth a call of their own.
constexpr std::int64_t kManyOutputs = 256;

/// Some channels of X at a time, image by image or, where these are small, several side by side: dW
/// [M/group, channels * taps] is the sum of the products of dY [M/group, outputs] and their patches
/// [channels * taps, outputs], transposed.
class ConvWeightGradKernel : public Kernel {
 public:
  ConvWeightGradKernel(const KernelRequest& request, const ConvExtents& extents)
      : extents_(extents),
        patches_(extents.windows),
        threads_(useful_threads(extents.batch * extents.groups * extents.group_outputs *
                                    extents.group_inputs * patches_.taps() * patches_.outputs(),
                                1, request.threads)) {
    const std::int64_t channel = std::max<std::int64_t>(patches_.taps() * patches_.outputs(), 1);
    const std::int64_t share = (extents.group_inputs * extents.groups + threads_ - 1) / threads_;
    const std::int64_t most = std::max<std::int64_t>(std::min(share, extents.group_inputs), 1);
    block_ = std::clamp<std::int64_t>(kBlockElements / channel, 1, most);
    if (patches_.outputs() < kManyOutputs) {
      images_ = std::clamp<std::int64_t>(kBlockElements / (block_ * channel), 1,
                                         std::max<std::int64_t>(extents.batch, 1));
    }
    reads_x_ = patches_.is_x() && images_ == 1;
    gemm_ = {.m = extents.group_outputs,
             .n = block_ * patches_.taps(),
             .k = images_ * patches_.outputs(),
             .transpose_b = true,
             .beta = 1,
             .c_stride = extents.group_inputs * patches_.taps()};
    for (int thread = 0; thread < threads_; ++thread) {
      places_.push_back({layout_.add<float>(reads_x_ ? 0 : gemm_.n * gemm_.k),
                         layout_.add<float>(images_ == 1 ? 0 : gemm_.m * gemm_.k)});
    }
  }

  std::size_t scratch_bytes() const override { return layout_.bytes(); }

  void run(const Buffers& buffers) override {
    std::fill_n(buffers.output<float>(0), extents_.groups * gemm_.m * gemm_.c_stride, 0.0F);
    run_as_team(threads_, [&](const Team& team) {
      const std::int64_t blocks = (extents_.group_inputs + block_ - 1) / block_;
      const Range parts = team.share(extents_.groups * blocks);
      const Places& places = places_[static_cast<std::size_t>(team.thread)];
      for (std::int64_t part = parts.begin; part < parts.end; ++part) {
        for (std::int64_t n = 0; n < extents_.batch; n += images_) {
          const Range images{n, std::min(n + images_, extents_.batch)};
          run_block(buffers, places, images, part / blocks, part % blocks * block_);
        }
      }
    });
  }

  std::string implementation() const override { return implementation_of(gemm_); }

 private:
  /// Of one thread, in scratch memory.
  struct Places {
    std::size_t patches, dY;
  };

  void run_block(const Buffers& buffers, const Places& places, Range images, std::int64_t group,
                 std::int64_t first) const {
    const std::int64_t channels = std::min(block_, extents_.group_inputs - first);
    const std::int64_t outputs = patches_.outputs();
    Gemm gemm = gemm_;
    gemm.n = channels * patches_.taps();
    gemm.k = images.count() * outputs;
    const float* b = nullptr;
    const float* a = nullptr;
    for (std::int64_t n = images.begin; n < images.end; ++n) {
      const std::int64_t part = n * extents_.groups + group;
      const std::int64_t place = (n - images.begin) * outputs;
      b = buffers.input<float>(0) + (part * extents_.group_inputs + first) * patches_.inputs();
      a = buffers.input<float>(1) + part * gemm.m * outputs;
      if (!reads_x_) {
        patches_.gather(b, channels, at<float>(buffers, places.patches) + place, gemm.k);
      }
      for (std::int64_t m = 0; images_ > 1 && m < gemm.m; ++m) {
        std::copy_n(a + m * outputs, outputs, at<float>(buffers, places.dY) + m * gemm.k + place);
      }
    }
    run_gemm(gemm, images_ > 1 ? at<float>(buffers, places.dY) : a,
             reads_x_ ? b : at<float>(buffers, places.patches),
             buffers.output<float>(0) + group * gemm.m * gemm.c_stride + first * patches_.taps());
  }

  ConvExtents extents_;
  Patches patches_;
  int threads_;
  std::int64_t block_ = 1;   // Channels of X at a time.
  std::int64_t images_ = 1;  // Images at a time.
  bool reads_x_ = false;
  Gemm gemm_;
  ScratchLayout layout_;
  std::vector<Places> places_;
};

}  // namespace

std::unique_ptr<Kernel> make_conv_weight_grad(const KernelRequest& request) {
  if (request.dtype() != DataType::kFloat32) return nullptr;
  return std::make_unique<ConvWeightGradKernel>(
      request, conv_weight_grad_extents(request.node, request.input_dims(0), request.input_dims(1),
                                        request.output_dims()));
}

}  // namespace gatefold::native
