#include <algorithm>

#include "backend/kernels.h"
#include "backend/kernels/patches.h"
#include "backend/products/gemm.h"
#include "backend/products/scratch_layout.h"
#include "backend/simd/strided_copy.h"
#include "backend/simd/team.h"
#include "ir/ops/conv.h"

namespace gatefold::native {
namespace {

// Elements of patches that stay in a core's cache while they are multiplied.
constexpr std::int64_t kBlockElements = 64 * 1024;

// Windows of an image from which its products are worth a call of their own.
constexpr std::int64_t kManyOutputs = 256;
// Channels of Y from which vectors of them are filled, and elements of dW for each of them from
// which it is worth turning dY.
constexpr std::int64_t kFillingChannels = 8;
constexpr std::int64_t kManyWeights = 64;

/// Some channels of X at a time, image by image or, where these are small, several side by side: dW
/// [M/group, channels * taps] is the sum of the products of dY [M/group, outputs] and their patches
/// [channels * taps, outputs], transposed; of many channels of Y the other way round, patches times
/// dY transposed.
class ConvWeightGradKernel : public Kernel {
 public:
  ConvWeightGradKernel(const KernelRequest& request, const ConvExtents& extents)
      : extents_(extents),
        patches_(extents.windows),
        turns_(extents.group_outputs >= kFillingChannels && row() >= kManyWeights),
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
    turn_ = StridedCopy(sizeof(float), {patches_.outputs(), extents.group_outputs},
                        {1, patches_.outputs()});
    const bool copies_dY = turns_ || images_ > 1;
    const std::int64_t depth = images_ * patches_.outputs();
    for (int thread = 0; thread < threads_; ++thread) {
      places_.push_back({layout_.add<float>(reads_x_ ? 0 : block_ * patches_.taps() * depth),
                         layout_.add<float>(copies_dY ? extents.group_outputs * depth : 0),
                         layout_.add<float>(turns_ ? extents.group_outputs * row() : 0)});
    }
  }

  std::size_t scratch_bytes() const override { return layout_.bytes(); }

  void run(const Buffers& buffers) override {
    std::fill_n(buffers.output<float>(0), extents_.groups * extents_.group_outputs * row(), 0.0F);
    if (extents_.batch == 0) return;
    run_as_team(threads_, [&](const Team& team) {
      const std::int64_t blocks = (extents_.group_inputs + block_ - 1) / block_;
      Range parts = team.share(extents_.groups * blocks);
      while (parts.count() > 0) {
        const std::int64_t group = parts.begin / blocks;
        const std::int64_t end = std::min(parts.end, (group + 1) * blocks);
        const Range channels{(parts.begin - group * blocks) * block_,
                             std::min((end - group * blocks) * block_, extents_.group_inputs)};
        run_channels(buffers, places_[static_cast<std::size_t>(team.thread)], group, channels);
        parts.begin = end;
      }
    });
  }

  std::string implementation() const override {
    return implementation_of(product(block_, images_));
  }

 private:
  /// Of one thread, in scratch memory.
  struct Places {
    std::size_t patches, dY, sums;
  };

  /// Elements of a row of dW.
  std::int64_t row() const { return extents_.group_inputs * patches_.taps(); }

  Gemm product(std::int64_t channels, std::int64_t images) const {
    Gemm gemm{.m = extents_.group_outputs,
              .n = channels * patches_.taps(),
              .k = images * patches_.outputs(),
              .transpose_b = !turns_,
              .beta = 1};
    if (turns_) std::swap(gemm.m, gemm.n);
    if (!turns_) gemm.c_stride = row();
    return gemm;
  }

  /// The gradients of some channels' weights of a group, added up over all images.
  void run_channels(const Buffers& buffers, const Places& places, std::int64_t group,
                    Range channels) const {
    float* dW = buffers.output<float>(0) + group * extents_.group_outputs * row();
    float* sums = turns_ ? at<float>(buffers, places.sums) : dW;
    const std::int64_t step = patches_.taps() * (turns_ ? extents_.group_outputs : 1);
    if (turns_) std::fill_n(sums + channels.begin * step, channels.count() * step, 0.0F);
    for (std::int64_t n = 0; n < extents_.batch; n += images_) {
      const Range images{n, std::min(n + images_, extents_.batch)};
      const float* dY = load_gradients(buffers, places, images, group);
      for (std::int64_t c = channels.begin; c < channels.end; c += block_) {
        const Range block{c, std::min(c + block_, channels.end)};
        const float* patches = load_patches(buffers, places, images, group, block);
        run_gemm(product(block.count(), images.count()), turns_ ? patches : dY,
                 turns_ ? dY : patches, sums + c * step);
      }
    }
    for (std::int64_t m = 0; turns_ && m < extents_.group_outputs; ++m) {
      for (std::int64_t i = channels.begin * patches_.taps(); i < channels.end * patches_.taps();
           ++i) {
        dW[m * row() + i] = sums[i * extents_.group_outputs + m];
      }
    }
  }

  /// dY of some images [M/group, images * outputs], or turned.
  const float* load_gradients(const Buffers& buffers, const Places& places, Range images,
                              std::int64_t group) const {
    const std::int64_t outputs = patches_.outputs();
    const std::int64_t size = extents_.group_outputs * outputs;
    const auto image = [&](std::int64_t n) {
      return buffers.input<float>(1) + (n * extents_.groups + group) * size;
    };
    if (!turns_ && images_ == 1) return image(images.begin);
    auto* target = at<float>(buffers, places.dY);
    StridedCopy turn = turn_;
    for (std::int64_t n = images.begin; n < images.end; ++n) {
      const std::int64_t place = n - images.begin;
      if (turns_) {
        turn.run(reinterpret_cast<const std::byte*>(image(n)),
                 reinterpret_cast<std::byte*>(target + place * size));
        continue;
      }
      for (std::int64_t m = 0; m < extents_.group_outputs; ++m) {
        std::copy_n(image(n) + m * outputs, outputs,
                    target + (m * images.count() + place) * outputs);
      }
    }
    return target;
  }

  /// The patches of some images [channels * taps, images * outputs].
  const float* load_patches(const Buffers& buffers, const Places& places, Range images,
                            std::int64_t group, Range channels) const {
    const auto image = [&](std::int64_t n) {
      const std::int64_t first = (n * extents_.groups + group) * extents_.group_inputs;
      return buffers.input<float>(0) + (first + channels.begin) * patches_.inputs();
    };
    if (reads_x_) return image(images.begin);
    auto* target = at<float>(buffers, places.patches);
    for (std::int64_t n = images.begin; n < images.end; ++n) {
      patches_.gather(image(n), channels.count(), target + (n - images.begin) * patches_.outputs(),
                      images.count() * patches_.outputs());
    }
    return target;
  }

  ConvExtents extents_;
  Patches patches_;
  bool turns_;
  int threads_;
  std::int64_t block_ = 1;   // Channels of X at a time.
  std::int64_t images_ = 1;  // Images at a time.
  bool reads_x_ = false;
  StridedCopy turn_;  // Of dY of an image.
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
