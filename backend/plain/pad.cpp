#include "ir/ops/pad.h"

#include <optional>

#include "backend/kernels.h"
#include "backend/plain/strided_copy.h"
#include "ir/index.h"

namespace gatefold::plain {
namespace {

/// Writes the constant everywhere, then what is kept of the input over it.
class PadKernel : public Kernel {
 public:
  PadKernel(const KernelRequest& request, const std::vector<ops::AxisPads>& pads)
      : width_(static_cast<std::int64_t>(size_of(request.dtype()))) {
    const Dims from = request.input_dims(0);
    const Dims to = request.output_dims();
    const Dims source_strides = strides_of(from);
    const Dims target_strides = strides_of(to);
    Dims box;
    for (std::size_t i = 0; i < pads.size(); ++i) {
      const ops::KeptRange kept = ops::kept_range(pads[i], from[i]);
      box.push_back(kept.count);
      source_offset_ += kept.source * source_strides[i] * width_;
      target_offset_ += kept.target * target_strides[i] * width_;
    }
    copy_ = StridedCopy(width_, box, source_strides, target_strides);
    const auto whole = element_count(to);
    fill_ = StridedCopy(width_, {whole}, {0});
    is_covered_ = element_count(box) == whole;
  }

  void run(const Buffers& buffers) override {
    constexpr std::byte kZeros[8] = {};
    auto* output = buffers.output<std::byte>(0);
    if (!is_covered_) fill_.run(has_constant_ ? buffers.input<std::byte>(2) : kZeros, output);
    copy_.run(buffers.input<std::byte>(0) + source_offset_, output + target_offset_);
  }

  void take_constant_from_input() { has_constant_ = true; }

 private:
  std::int64_t width_;
  bool has_constant_ = false;
  bool is_covered_ = false;
  std::int64_t source_offset_ = 0;
  std::int64_t target_offset_ = 0;
  StridedCopy fill_;
  StridedCopy copy_;
};

/// The numbers of an input that is missing (an empty list) or known when planning.
std::optional<std::vector<std::int64_t>> numbers(const KernelRequest& request, std::size_t index) {
  if (!request.has_input(index)) return std::vector<std::int64_t>();
  const Tensor* constant = request.constant(index);
  return constant == nullptr ? std::nullopt : std::optional(constant->to_int64());
}

}  // namespace

std::unique_ptr<Kernel> make_pad(const KernelRequest& request) {
  const auto pads = numbers(request, 1);
  const auto axes = numbers(request, 3);
  if (request.node.attr_string("mode") != "constant" || !pads || !axes) return nullptr;
  const auto rank = static_cast<std::int64_t>(request.input_dims(0).size());
  auto kernel = std::make_unique<PadKernel>(request, ops::axis_pads(*pads, *axes, rank));
  if (request.has_input(2)) kernel->take_constant_from_input();
  return kernel;
}

std::unique_ptr<Kernel> make_center_crop_pad(const KernelRequest& request) {
  const auto shape = numbers(request, 1);
  if (!shape) return nullptr;
  return std::make_unique<PadKernel>(
      request, ops::centered_pads(request.input_dims(0), *shape, request.node.attr_ints("axes")));
}

}  // namespace gatefold::plain
