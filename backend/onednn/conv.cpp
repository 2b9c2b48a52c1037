#include "ir/ops/conv.h"

#include <algorithm>
#include <utility>

#include "backend/kernels.h"
#include "backend/onednn/compat.h"
#include "backend/onednn/spatial.h"
#include "ir/index.h"

namespace gatefold::onednn {
namespace {

/// Bytes of a layout in scratch memory, whose parts start at multiples of 64.
std::size_t aligned_size(const dnnl::memory::desc& layout) {
  return (layout.get_size() + 63) / 64 * 64;
}

PreparedPrimitive prepare_reorder(const dnnl::memory::desc& from, const dnnl::memory::desc& to) {
  const dnnl::reorder::primitive_desc desc(engine(), from, engine(), to, make_attr());
  return {dnnl::reorder(desc), desc, {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}}};
}

/// A convolution or its transpose in the layouts that oneDNN likes best, between reorders of X and
/// Y where these are not the plain ones.
class ConvKernel : public Kernel {
 public:
  template <typename Primitive>
  ConvKernel(const KernelRequest& request, const Primitive& primitive,
             const typename Primitive::primitive_desc& desc, Tensor weights)
      : weights_(std::move(weights)),
        has_bias_(request.has_input(2)),
        primitive_(primitive, desc, list_arguments(request, desc)) {
    const dnnl::memory::desc x = plain_layout(request.input_dims(0));
    const dnnl::memory::desc y = plain_layout(request.output_dims());
    if (desc.src_desc() != x) {
      x_reorder_.push_back(prepare_reorder(x, desc.src_desc()));
      x_bytes_ = aligned_size(desc.src_desc());
    }
    if (desc.dst_desc() != y) {
      y_reorder_.push_back(prepare_reorder(desc.dst_desc(), y));
      y_bytes_ = aligned_size(desc.dst_desc());
    }
  }

  std::size_t scratch_bytes() const override {
    std::size_t bytes = primitive_.scratch_bytes();
    for (const auto* reorders : {&x_reorder_, &y_reorder_}) {
      for (const PreparedPrimitive& reorder : *reorders) {
        bytes = std::max(bytes, reorder.scratch_bytes());
      }
    }
    return x_bytes_ + y_bytes_ + bytes;
  }

  std::size_t bytes() const override { return PreparedPrimitive::kBytes; }

  void run(const Buffers& buffers) override {
    auto* x_place = static_cast<std::byte*>(buffers.scratch);
    std::byte* y_place = x_place + x_bytes_;
    std::byte* scratch = y_place + y_bytes_;
    for (PreparedPrimitive& reorder : x_reorder_) {
      run_reorder(reorder, buffers.inputs[0], x_place, scratch);
    }
    primitive_.set(kX, x_reorder_.empty() ? buffers.inputs[0] : x_place);
    primitive_.set(kY, y_reorder_.empty() ? buffers.outputs[0] : y_place);
    if (has_bias_) primitive_.set(kBias, buffers.inputs[2]);
    primitive_.execute(scratch);
    for (PreparedPrimitive& reorder : y_reorder_) {
      run_reorder(reorder, y_place, buffers.outputs[0], scratch);
    }
  }

  std::string implementation() const override { return primitive_.implementation(); }

 private:
  enum : std::size_t { kX, kY, kWeights, kBias };  // Positions in list_arguments.

  template <typename Desc>
  std::vector<Argument> list_arguments(const KernelRequest& request, const Desc& desc) const {
    std::vector<Argument> arguments{{DNNL_ARG_SRC, desc.src_desc()},
                                    {DNNL_ARG_DST, desc.dst_desc()},
                                    {DNNL_ARG_WEIGHTS, desc.weights_desc(), weights_.raw()}};
    if (has_bias_) arguments.push_back({DNNL_ARG_BIAS, plain_layout(request.input_dims(2))});
    return arguments;
  }

  static void run_reorder(PreparedPrimitive& reorder, const void* from, void* to, void* scratch) {
    reorder.set(0, from);
    reorder.set(1, to);
    reorder.execute(scratch);
  }

  Tensor weights_;
  bool has_bias_;
  PreparedPrimitive primitive_;
  std::vector<PreparedPrimitive> x_reorder_;  // Empty where X is read as it lies.
  std::vector<PreparedPrimitive> y_reorder_;  // Empty where Y is written as it shall lie.
  std::size_t x_bytes_ = 0;
  std::size_t y_bytes_ = 0;
};

/// W as oneDNN names its axes: [groups (where there are several), M/groups, C/groups, k..]. A
/// transposed convolution has C before M.
dnnl::memory::desc weights_layout(const ConvExtents& extents, const Dims& w, bool is_transposed) {
  Dims dims{extents.groups, extents.group_outputs, extents.group_inputs};
  if (is_transposed) std::swap(dims[1], dims[2]);
  dims.insert(dims.end(), w.begin() + 2, w.end());
  Dims strides = strides_of(dims);
  if (is_transposed) {
    std::swap(dims[1], dims[2]);
    std::swap(strides[1], strides[2]);
  }
  const std::ptrdiff_t first = extents.groups == 1 ? 1 : 0;
  return {Dims(dims.begin() + first, dims.end()), dnnl::memory::data_type::f32,
          Dims(strides.begin() + first, strides.end())};
}

template <typename Primitive>
std::unique_ptr<Kernel> make(const KernelRequest& request, dnnl::algorithm algorithm,
                             const ConvExtents& extents, const dnnl::memory::desc& weights) {
  const Spatial spatial(extents.windows, request.input_dims(0).size() - 2);
  const dnnl::memory::desc bias =
      request.has_input(2) ? plain_layout(request.input_dims(2)) : dnnl::memory::desc();
  const auto desc = describe<Primitive>(
      make_attr(), dnnl::prop_kind::forward_inference, algorithm, any_layout(request.input_dims(0)),
      any_layout(dims_of(weights)), bias, any_layout(request.output_dims()), spatial.strides,
      spatial.dilations, spatial.pads_begin, spatial.pads_end);
  if (!desc) return nullptr;
  return std::make_unique<ConvKernel>(
      request, Primitive(*desc), *desc,
      pack(request.packed, *request.constant(1), weights, desc->weights_desc()));
}

bool is_possible(const KernelRequest& request) {
  return request.dtype() == DataType::kFloat32 && request.constant(1) != nullptr &&
         element_count(request.input_dims(0)) > 0 && element_count(request.input_dims(1)) > 0 &&
         element_count(request.output_dims()) > 0;
}

}  // namespace

std::unique_ptr<Kernel> make_conv(const KernelRequest& request) {
  if (!is_possible(request)) return nullptr;
  const Dims w = request.input_dims(1);
  const ConvExtents extents = conv_extents(request.node, request.input_dims(0), w);
  return make<dnnl::convolution_forward>(request, dnnl::algorithm::convolution_direct, extents,
                                         weights_layout(extents, w, /*is_transposed=*/false));
}

std::unique_ptr<Kernel> make_conv_transpose(const KernelRequest& request) {
  if (!is_possible(request)) return nullptr;
  const Dims w = request.input_dims(1);
  const ConvExtents extents = conv_transpose_extents(request.node, request.input_dims(0), w);
  return make<dnnl::deconvolution_forward>(request, dnnl::algorithm::deconvolution_direct, extents,
                                           weights_layout(extents, w, /*is_transposed=*/true));
}

}  // namespace gatefold::onednn
