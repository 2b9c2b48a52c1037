#include <algorithm>

#include "backend/kernels.h"
#include "backend/simd/row_moments.h"

namespace gatefold::native {
namespace {

/// The extents of a row: those of X from attribute axis on.
Dims row_dims(const KernelRequest& request) {
  const Dims x = request.input_dims(0);
  return {x.begin() + axis_of(request), x.end()};
}

/// True when an input has one element per element of a row.
bool covers_row(const KernelRequest& request, std::size_t index) {
  Dims dims = request.input_dims(index);
  const Dims row = row_dims(request);
  while (dims.size() > row.size() && dims.front() == 1) dims.erase(dims.begin());
  return dims == row;
}

class LayerNormalizationKernel : public Kernel {
 public:
  explicit LayerNormalizationKernel(const KernelRequest& request)
      : length_(element_count(row_dims(request))),
        rows_(length_ == 0 ? 0 : element_count(request.input_dims(0)) / length_),
        has_bias_(request.has_input(2)),
        epsilon_(request.node.attr_float("epsilon")),
        wanted_(request.outputs.size()) {}

  void run(const Buffers& buffers) override {
    const auto* x = buffers.input<float>(0);
    const auto* scale = buffers.input<float>(1);
    const float* bias = has_bias_ ? buffers.input<float>(2) : nullptr;
    auto* y = buffers.output<float>(0);
    auto* means = wanted_ > 1 ? buffers.output<float>(1) : nullptr;
    auto* inverses = wanted_ > 2 ? buffers.output<float>(2) : nullptr;
    for (std::int64_t row = 0; row < rows_; ++row, x += length_, y += length_) {
      const float mean = sum_of(x, length_) / static_cast<float>(length_);
      const float inverse = inverse_deviation(mean, x, length_, epsilon_);
      normalize_row(x, length_, mean, inverse, scale, bias, y);
      if (means != nullptr) means[row] = mean;
      if (inverses != nullptr) inverses[row] = inverse;
    }
  }

 private:
  std::int64_t length_;
  std::int64_t rows_;
  bool has_bias_;
  float epsilon_;
  std::size_t wanted_;
};

class RmsNormalizationKernel : public Kernel {
 public:
  explicit RmsNormalizationKernel(const KernelRequest& request)
      : length_(element_count(row_dims(request))),
        rows_(length_ == 0 ? 0 : element_count(request.input_dims(0)) / length_),
        epsilon_(request.node.attr_float("epsilon")) {}

  void run(const Buffers& buffers) override {
    const auto* x = buffers.input<float>(0);
    const auto* scale = buffers.input<float>(1);
    auto* y = buffers.output<float>(0);
    for (std::int64_t row = 0; row < rows_; ++row, x += length_, y += length_) {
      const float inverse = inverse_deviation(0, x, length_, epsilon_);
      normalize_row(x, length_, 0, inverse, scale, /*bias=*/nullptr, y);
    }
  }

 private:
  std::int64_t length_;
  std::int64_t rows_;
  float epsilon_;
};

}  // namespace

std::unique_ptr<Kernel> make_layer_normalization(const KernelRequest& request) {
  if (request.dtype() != DataType::kFloat32 || !covers_row(request, 1)) return nullptr;
  if (!request.has_output(0)) return nullptr;
  if (request.has_input(2) && !covers_row(request, 2)) return nullptr;
  return std::make_unique<LayerNormalizationKernel>(request);
}

std::unique_ptr<Kernel> make_rms_normalization(const KernelRequest& request) {
  const bool is_float =
      request.dtype() == DataType::kFloat32 && request.dtype(1) == DataType::kFloat32;
  if (!is_float || !covers_row(request, 1)) return nullptr;
  return std::make_unique<RmsNormalizationKernel>(request);
}

}  // namespace gatefold::native
