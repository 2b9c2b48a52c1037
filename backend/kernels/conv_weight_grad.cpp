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

/// Some channels of X at a time, image by image: dW [M/group, channels * taps] is the sum of the
/// products of dY [M/group, outputs] and their patches [channels * taps, outputs], transposed.
class ConvWeightGradKernel : public Kernel {
 public:
  ConvWeightGradKernel(const KernelRequest& request, const ConvExtents& extents)
      : extents_(extents), patches_(extents.windows), reads_x_(patches_.is_x()) {
    const std::int64_t channel = patches_.taps() * patches_.outputs();
    const std::int64_t products =
        extents.batch * extents.groups * extents.group_outputs * extents.group_inputs * channel;
    threads_ = useful_threads(products, 1, request.threads);
    const std::int64_t shared = (extents.group_inputs * extents.groups + threads_ - 1) / threads_;
    block_ =
        std::clamp<std::int64_t>(kBlockElements / std::max<std::int64_t>(channel, 1), 1,
                                 std::max<std::int64_t>(1, std::min(shared, extents.group_inputs)));
    gemm_ = {.m = extents.group_outputs,
             .k = patches_.outputs(),
             .transpose_b = true,
             .beta = 1,
             .c_stride = extents.group_inputs * patches_.taps()};
    for (int thread = 0; !reads_x_ && thread < threads_; ++thread) {
      places_.push_back(layout_.add<float>(block_ * channel));
    }
  }

  std::size_t scratch_bytes() const override { return layout_.bytes(); }

  void run(const Buffers& buffers) override {
    std::fill_n(buffers.output<float>(0), extents_.groups * gemm_.m * gemm_.c_stride, 0.0F);
    run_as_team(threads_, [&](const Team& team) {
      const std::int64_t blocks = (extents_.group_inputs + block_ - 1) / block_;
      const Range parts = team.share(extents_.groups * blocks);
      float* scratch =
          reads_x_ ? nullptr : at<float>(buffers, places_[static_cast<std::size_t>(team.thread)]);
      for (std::int64_t part = parts.begin; part < parts.end; ++part) {
        run_block(buffers, part / blocks, part % blocks * block_, scratch);
      }
    });
  }

  std::string implementation() const override {
    Gemm whole = gemm_;
    whole.n = block_ * patches_.taps();
    return implementation_of(whole);
  }

 private:
  void run_block(const Buffers& buffers, std::int64_t group, std::int64_t first,
                 float* scratch) const {
    const std::int64_t channels = std::min(block_, extents_.group_inputs - first);
    Gemm gemm = gemm_;
    gemm.n = channels * patches_.taps();
    float* dW = buffers.output<float>(0) + group * gemm.m * gemm.c_stride + first * patches_.taps();
    for (std::int64_t n = 0; n < extents_.batch; ++n) {
      const std::int64_t part = n * extents_.groups + group;
      const float* x =
          buffers.input<float>(0) + (part * extents_.group_inputs + first) * patches_.inputs();
      if (!reads_x_) patches_.gather(x, channels, scratch);
      run_gemm(gemm, buffers.input<float>(1) + part * gemm.m * gemm.k, reads_x_ ? x : scratch, dW);
    }
  }

  ConvExtents extents_;
  Patches patches_;
  bool reads_x_;
  int threads_ = 1;
  std::int64_t block_ = 1;  // Channels of X at a time.
  Gemm gemm_;
  ScratchLayout layout_;
  std::vector<std::size_t> places_;  // Of each thread's patches, in scratch memory.
};

}  // namespace

std::unique_ptr<Kernel> make_conv_weight_grad(const KernelRequest& request) {
  if (request.dtype() != DataType::kFloat32) return nullptr;
  return std::make_unique<ConvWeightGradKernel>(
      request, conv_weight_grad_extents(request.node, request.input_dims(0), request.input_dims(1),
                                        request.output_dims()));
}

}  // namespace gatefold::native
