#include "ir/ops/resize.h"

#include <algorithm>

#include "backend/kernels.h"

namespace gatefold::native {
namespace {

/// Resizes float tensors axis after axis, through two scratch buffers that take turns.
class ResizeKernel : public Kernel {
 public:
  ResizeKernel(const KernelRequest& request, const std::vector<ops::ResizeAxis>& axes) {
    Dims dims = request.input_dims(0);
    for (const ops::ResizeAxis& axis : axes) {
      Pass pass{.axis = axis, .weights = {axis.weights.begin(), axis.weights.end()}};
      pass.outer = element_count(Dims(dims.begin(), dims.begin() + axis.axis));
      pass.extent = dims[axis.axis];
      pass.inner = element_count(Dims(dims.begin() + axis.axis + 1, dims.end()));
      passes_.push_back(std::move(pass));
      dims[axis.axis] = request.output_dims()[axis.axis];
      if (passes_.size() < axes.size()) largest_ = std::max(largest_, element_count(dims));
    }
    elements_ = element_count(dims);
  }

  void run(const Buffers& buffers) override {
    const auto* source = buffers.input<float>(0);
    auto* output = buffers.output<float>(0);
    if (passes_.empty()) std::copy_n(source, elements_, output);
    for (std::size_t i = 0; i < passes_.size(); ++i) {
      const Pass& pass = passes_[i];
      auto* scratch = static_cast<float*>(buffers.scratch) + (i % 2 == 0 ? 0 : largest_);
      float* target = i + 1 == passes_.size() ? output : scratch;
      ops::resize_axis(pass.axis, pass.weights, pass.outer, pass.extent, pass.inner, source,
                       target);
      source = target;
    }
  }

  std::size_t scratch_bytes() const override {
    return 2 * sizeof(float) * static_cast<std::size_t>(largest_);
  }

 private:
  struct Pass {
    ops::ResizeAxis axis;
    std::vector<float> weights;
    std::int64_t outer = 1;
    std::int64_t extent = 1;
    std::int64_t inner = 1;
  };

  std::vector<Pass> passes_;
  std::int64_t largest_ = 0;
  std::int64_t elements_ = 0;
};

/// Reads an input into `list`; false when its numbers are not known when planning.
template <typename T>
bool read(const KernelRequest& request, std::size_t index, std::vector<T>& list) {
  if (!request.has_input(index)) return true;
  const Tensor* constant = request.constant(index);
  if (constant == nullptr) return false;
  for (std::int64_t i = 0; i < constant->size(); ++i) {
    list.push_back(static_cast<T>(constant->number_at(i)));
  }
  return true;
}

}  // namespace

std::unique_ptr<Kernel> make_resize(const KernelRequest& request) {
  ops::ResizeInputs inputs;
  if (request.dtype() != DataType::kFloat32 || !read(request, 1, inputs.roi) ||
      !read(request, 2, inputs.scales) || !read(request, 3, inputs.sizes)) {
    return nullptr;
  }
  const auto axes =
      ops::resize_axes(request.node, inputs, request.input_dims(0), request.output_dims());
  const bool extrapolates = std::any_of(
      axes.begin(), axes.end(), [](const ops::ResizeAxis& axis) { return !axis.outside.empty(); });
  return extrapolates ? nullptr : std::make_unique<ResizeKernel>(request, axes);
}

}  // namespace gatefold::native
