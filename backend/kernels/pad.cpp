#include "ir/ops/pad.h"

#include <algorithm>
#include <optional>

#include "backend/kernels.h"
#include "backend/simd/strided_copy.h"
#include "ir/dispatch.h"
#include "ir/index.h"

namespace gatefold::native {
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

/// Modes edge, reflect and wrap: every row copies what it keeps of an input row, and the elements
/// beside that one by one.
template <typename T>
class CopyingPadKernel : public Kernel {
 public:
  CopyingPadKernel(const KernelRequest& request, const std::vector<ops::AxisPads>& pads) {
    const Dims from = request.input_dims(0);
    const Dims strides = strides_of(from);
    const std::string& mode = request.node.attr_string("mode");
    rows_ = {0};
    for (std::size_t axis = 0; axis + 1 < from.size(); ++axis) {
      std::vector<std::int64_t> rows;
      const auto sources = ops::pad_sources(mode, pads[axis], from[axis]);
      for (const std::int64_t row : rows_) {
        for (const std::int64_t source : sources) rows.push_back(row + source * strides[axis]);
      }
      rows_ = std::move(rows);
    }
    columns_ = ops::pad_sources(mode, pads.back(), from.back());
    kept_ = ops::kept_range(pads.back(), from.back());
  }

  void run(const Buffers& buffers) override {
    auto* y = buffers.output<T>(0);
    const auto width = static_cast<std::int64_t>(columns_.size());
    for (const std::int64_t row : rows_) {
      const T* x = buffers.input<T>(0) + row;
      for (std::int64_t i = 0; i < kept_.target; ++i) y[i] = x[columns_[i]];
      std::copy_n(x + kept_.source, kept_.count, y + kept_.target);
      for (std::int64_t i = kept_.target + kept_.count; i < width; ++i) y[i] = x[columns_[i]];
      y += width;
    }
  }

 private:
  std::vector<std::int64_t> rows_;     // Where each output row's input row starts.
  std::vector<std::int64_t> columns_;  // Which element of it each element copies.
  ops::KeptRange kept_;
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
  const auto rank = static_cast<std::int64_t>(request.input_dims(0).size());
  if (!pads || !axes || rank == 0) return nullptr;
  const auto by_axis = ops::axis_pads(*pads, *axes, rank);
  if (request.node.attr_string("mode") != "constant") {
    std::unique_ptr<Kernel> kernel;
    if (element_count(request.output_dims()) == 0) return kernel;
    dispatch_width(request.dtype(), [&]<typename T>() {
      kernel = std::make_unique<CopyingPadKernel<T>>(request, by_axis);
    });
    return kernel;
  }
  auto kernel = std::make_unique<PadKernel>(request, by_axis);
  if (request.has_input(2)) kernel->take_constant_from_input();
  return kernel;
}

std::unique_ptr<Kernel> make_center_crop_pad(const KernelRequest& request) {
  const auto shape = numbers(request, 1);
  if (!shape) return nullptr;
  return std::make_unique<PadKernel>(
      request, ops::centered_pads(request.input_dims(0), *shape, request.node.attr_ints("axes")));
}

}  // namespace gatefold::native
