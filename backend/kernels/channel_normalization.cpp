#include <algorithm>
#include <cmath>
#include <vector>

#include "backend/kernels.h"
#include "backend/simd/row_moments.h"

namespace gatefold::native {
namespace {

bool all_float(const KernelRequest& request) {
  for (const Type* input : request.inputs) {
    if (input->dtype != DataType::kFloat32) return false;
  }
  return true;
}

/// X [N,C,s..] as N blocks of C planes; a 1-D X has one channel.
struct Planes {
  explicit Planes(const Dims& x) : batch(x[0]) {
    if (x.size() > 1) channels = x[1];
    for (std::size_t i = 2; i < x.size(); ++i) size *= x[i];
  }
  std::int64_t batch = 1;
  std::int64_t channels = 1;
  std::int64_t size = 1;
};

/// y = x * factor + shift.
void write_plane(const float* x, std::int64_t size, float factor, float shift, float* y) {
  for (std::int64_t i = 0; i < size; ++i) y[i] = x[i] * factor + shift;
}

/// Inference: every channel has a fixed factor and shift.
class BatchNormalizationKernel : public Kernel {
 public:
  explicit BatchNormalizationKernel(const KernelRequest& request)
      : planes_(request.input_dims(0)), epsilon_(request.node.attr_float("epsilon")) {}

  std::size_t scratch_bytes() const override {
    return 2 * static_cast<std::size_t>(planes_.channels) * sizeof(float);
  }

  void run(const Buffers& buffers) override {
    auto* factors = static_cast<float*>(buffers.scratch);
    float* shifts = factors + planes_.channels;
    fold_statistics(buffers, factors, shifts);
    const auto* x = buffers.input<float>(0);
    auto* y = buffers.output<float>(0);
    for (std::int64_t n = 0; n < planes_.batch; ++n) {
      if (planes_.size == 1) {
        for (std::int64_t c = 0; c < planes_.channels; ++c) y[c] = x[c] * factors[c] + shifts[c];
        x += planes_.channels;
        y += planes_.channels;
        continue;
      }
      for (std::int64_t c = 0; c < planes_.channels; ++c) {
        write_plane(x, planes_.size, factors[c], shifts[c], y);
        x += planes_.size;
        y += planes_.size;
      }
    }
  }

 private:
  void fold_statistics(const Buffers& buffers, float* factors, float* shifts) const {
    const auto* scale = buffers.input<float>(1);
    const auto* bias = buffers.input<float>(2);
    const auto* mean = buffers.input<float>(3);
    const auto* variance = buffers.input<float>(4);
    for (std::int64_t c = 0; c < planes_.channels; ++c) {
      factors[c] = scale[c] / std::sqrt(variance[c] + epsilon_);
      shifts[c] = bias[c] - mean[c] * factors[c];
    }
  }

  Planes planes_;
  float epsilon_;
};

/// With training_mode = 1: every channel is normalised by the moments of the batch, which also move
/// the running ones.
class TrainedBatchNormalizationKernel : public Kernel {
 public:
  explicit TrainedBatchNormalizationKernel(const KernelRequest& request)
      : planes_(request.input_dims(0)),
        count_(planes_.batch * planes_.size),
        outputs_(request.outputs.size()),
        epsilon_(request.node.attr_float("epsilon")),
        momentum_(request.node.attr_float("momentum")) {}

  std::size_t scratch_bytes() const override {
    return static_cast<std::size_t>(count_) * sizeof(float);
  }

  void run(const Buffers& buffers) override {
    const auto* x = buffers.input<float>(0);
    auto* y = buffers.output<float>(0);
    auto* channel = static_cast<float*>(buffers.scratch);
    for (std::int64_t c = 0; c < planes_.channels; ++c) {
      for_each_plane(c, [&](std::int64_t n, std::int64_t offset) {
        std::copy_n(x + offset, planes_.size, channel + n * planes_.size);
      });
      const float mean = sum_of(channel, count_) / static_cast<float>(count_);
      const float variance = square_sum_of(channel, count_, mean) / static_cast<float>(count_);
      const float factor = buffers.input<float>(1)[c] / std::sqrt(variance + epsilon_);
      const float shift = buffers.input<float>(2)[c] - mean * factor;
      for_each_plane(c, [&](std::int64_t n, std::int64_t offset) {
        if (y != nullptr) {
          write_plane(channel + n * planes_.size, planes_.size, factor, shift, y + offset);
        }
      });
      move_running(buffers, 1, 3, c, mean);
      move_running(buffers, 2, 4, c, variance);
    }
  }

 private:
  template <typename Visit>
  void for_each_plane(std::int64_t channel, const Visit& visit) const {
    for (std::int64_t n = 0; n < planes_.batch; ++n) {
      visit(n, (n * planes_.channels + channel) * planes_.size);
    }
  }

  void move_running(const Buffers& buffers, std::size_t output, std::size_t input, std::int64_t c,
                    float current) const {
    if (outputs_ <= output || buffers.outputs[output] == nullptr) return;
    buffers.output<float>(output)[c] =
        buffers.input<float>(input)[c] * momentum_ + current * (1 - momentum_);
  }

  Planes planes_;
  std::int64_t count_;
  std::size_t outputs_;
  float epsilon_, momentum_;
};

/// Every group of channels is normalised by its own moments; with as many groups as channels this
/// is InstanceNormalization.
class GroupNormalizationKernel : public Kernel {
 public:
  GroupNormalizationKernel(const KernelRequest& request, std::int64_t groups)
      : planes_(request.input_dims(0)),
        groups_(groups),
        members_(groups == 0 ? 0 : planes_.channels / groups),
        epsilon_(request.node.attr_float("epsilon")) {}

  void run(const Buffers& buffers) override {
    const auto* x = buffers.input<float>(0);
    auto* y = buffers.output<float>(0);
    const std::int64_t count = members_ * planes_.size;
    for (std::int64_t n = 0; n < planes_.batch; ++n) {
      const auto* scale = buffers.input<float>(1);
      const auto* bias = buffers.input<float>(2);
      for (std::int64_t group = 0; group < groups_; ++group) {
        const float mean = sum_of(x, count) / static_cast<float>(count);
        const float inverse = inverse_deviation(mean, x, count, epsilon_);
        for (std::int64_t i = 0; i < members_; ++i, ++scale, ++bias) {
          const float factor = *scale * inverse;
          write_plane(x, planes_.size, factor, *bias - mean * factor, y);
          x += planes_.size;
          y += planes_.size;
        }
      }
    }
  }

 private:
  Planes planes_;
  std::int64_t groups_;
  std::int64_t members_;
  float epsilon_;
};

}  // namespace

std::unique_ptr<Kernel> make_batch_normalization(const KernelRequest& request) {
  if (!all_float(request)) return nullptr;
  if (request.node.attr_int("training_mode") != 0) {
    return std::make_unique<TrainedBatchNormalizationKernel>(request);
  }
  return std::make_unique<BatchNormalizationKernel>(request);
}

std::unique_ptr<Kernel> make_instance_normalization(const KernelRequest& request) {
  if (!all_float(request)) return nullptr;
  return std::make_unique<GroupNormalizationKernel>(request, request.input_dims(0)[1]);
}

std::unique_ptr<Kernel> make_group_normalization(const KernelRequest& request) {
  if (!all_float(request)) return nullptr;
  return std::make_unique<GroupNormalizationKernel>(request, request.node.attr_int("num_groups"));
}

}  // namespace gatefold::native
