#include "ir/ops/resize.h"

#include <algorithm>

#include "backend/kernels.h"
#include "backend/simd/axis_resizer.h"
#include "backend/simd/team.h"

namespace gatefold::native {
namespace {

/// Resizes the planes of float tensors, which are what lies behind the first resized axis, one
/// after the other: axis after axis, from the last one on, through two scratch buffers that take
/// turns and stay in the cache.
class ResizeKernel : public Kernel {
 public:
  ResizeKernel(const KernelRequest& request, std::vector<ops::ResizeAxis> axes)
      : size_(element_count(request.output_dims())) {
    std::sort(axes.begin(), axes.end(),
              [](const auto& a, const auto& b) { return a.axis > b.axis; });
    Dims dims = request.input_dims(0);
    const std::int64_t first = axes.empty() ? 0 : axes.back().axis;
    const auto count = [&](std::int64_t begin, std::int64_t end) {
      return element_count(Dims(dims.begin() + begin, dims.begin() + end));
    };
    for (const ops::ResizeAxis& axis : axes) {
      const std::int64_t inner = count(axis.axis + 1, static_cast<std::int64_t>(dims.size()));
      passes_.push_back({count(first, axis.axis), {axis, dims[axis.axis], inner}});
      if (passes_.size() < axes.size())
        largest_ = std::max(largest_, passes_.back().output_count());
      dims[axis.axis] = request.output_dims()[axis.axis];
    }
    planes_ = count(0, first);
    threads_ = size_ < kParallelElements ? 1 : request.threads;
  }

  void run(const Buffers& buffers) override {
    if (passes_.empty())
      return void(std::copy_n(buffers.input<float>(0), size_, buffers.output<float>(0)));
    run_as_team(threads_, [&](const Team& team) {
      const Range planes = team.share(planes_);
      auto* scratch = static_cast<float*>(buffers.scratch) + 2 * team.thread * largest_;
      for (std::int64_t plane = planes.begin; plane < planes.end; ++plane) {
        resize(buffers.input<float>(0) + plane * passes_.front().input_count(), scratch,
               buffers.output<float>(0) + plane * passes_.back().output_count());
      }
    });
  }

  std::size_t scratch_bytes() const override {
    return 2 * sizeof(float) * static_cast<std::size_t>(threads_ * largest_);
  }

 private:
  struct Pass {
    std::int64_t outer = 1;
    AxisResizer resizer;

    std::int64_t input_count() const { return outer * resizer.input_count(); }
    std::int64_t output_count() const { return outer * resizer.output_count(); }
  };

  void resize(const float* plane, float* scratch, float* output) const {
    for (std::size_t i = 0; i < passes_.size(); ++i) {
      float* target = i + 1 == passes_.size() ? output : scratch + (i % 2 == 0 ? 0 : largest_);
      passes_[i].resizer.run(passes_[i].outer, plane, target);
      plane = target;
    }
  }

  std::int64_t size_;
  std::int64_t planes_ = 1;
  std::vector<Pass> passes_;
  std::int64_t largest_ = 0;  ///< Elements of a plane between two passes.
  int threads_ = 1;
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
  auto axes = ops::resize_axes(request.node, inputs, request.input_dims(0), request.output_dims());
  const bool extrapolates = std::any_of(
      axes.begin(), axes.end(), [](const ops::ResizeAxis& axis) { return !axis.outside.empty(); });
  return extrapolates ? nullptr : std::make_unique<ResizeKernel>(request, std::move(axes));
}

}  // namespace gatefold::native
