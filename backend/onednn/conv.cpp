#include "ir/ops/conv.h"

#include <utility>

#include "backend/kernels.h"
#include "backend/onednn/primitive_kernel.h"
#include "backend/onednn/spatial.h"
#include "ir/index.h"

namespace gatefold::onednn {
namespace {

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

/// A convolution or its transpose in the layouts that oneDNN likes best.
template <typename Primitive>
std::unique_ptr<Kernel> make(const KernelRequest& request, dnnl::algorithm algorithm,
                             const ConvExtents& extents, const dnnl::memory::desc& weights) {
  const Spatial spatial(extents.windows, request.input_dims(0).size() - 2);
  const dnnl::memory::desc x = plain_layout(request.input_dims(0));
  const dnnl::memory::desc y = plain_layout(request.output_dims());
  const dnnl::memory::desc bias =
      request.has_input(2) ? plain_layout(request.input_dims(2)) : dnnl::memory::desc();
  const auto desc = describe<Primitive>(make_attr(), dnnl::prop_kind::forward_inference, algorithm,
                                        any_layout(dims_of(x)), any_layout(dims_of(weights)), bias,
                                        any_layout(dims_of(y)), spatial.strides, spatial.dilations,
                                        spatial.pads_begin, spatial.pads_end);
  if (!desc) return nullptr;
  std::vector<PortArgument> arguments{input_argument(DNNL_ARG_SRC, desc->src_desc(), 0, x),
                                      output_argument(DNNL_ARG_DST, desc->dst_desc(), 0, y)};
  const Tensor* w = request.constant(1);
  arguments.push_back(
      w == nullptr ? input_argument(DNNL_ARG_WEIGHTS, desc->weights_desc(), 1, weights)
                   : packed_argument(DNNL_ARG_WEIGHTS, desc->weights_desc(),
                                     pack(request.packed, *w, weights, desc->weights_desc())));
  if (request.has_input(2)) arguments.push_back(input_argument(DNNL_ARG_BIAS, bias, 2));
  return make_primitive<Primitive>(desc, std::move(arguments));
}

/// X, W (or dY) and Y (or dW) have elements of float32.
bool is_possible(const KernelRequest& request) {
  return request.dtype() == DataType::kFloat32 && element_count(request.input_dims(0)) > 0 &&
         element_count(request.input_dims(1)) > 0 && element_count(request.output_dims()) > 0;
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

std::unique_ptr<Kernel> make_conv_weight_grad(const KernelRequest& request) {
  if (!is_possible(request)) return nullptr;
  const dnnl::memory::desc x = plain_layout(request.input_dims(0));
  const dnnl::memory::desc y = plain_layout(request.input_dims(1));
  const ConvExtents extents =
      conv_weight_grad_extents(request.node, dims_of(x), dims_of(y), request.output_dims());
  const dnnl::memory::desc w =
      weights_layout(extents, request.output_dims(), /*is_transposed=*/false);
  const Spatial spatial(extents.windows, dims_of(x).size() - 2);
  const auto forward = describe<dnnl::convolution_forward>(
      make_attr(), dnnl::prop_kind::forward_training, dnnl::algorithm::convolution_direct,
      any_layout(dims_of(x)), any_layout(dims_of(w)), any_layout(dims_of(y)), spatial.strides,
      spatial.dilations, spatial.pads_begin, spatial.pads_end);
  if (!forward) return nullptr;
  using Backward = dnnl::convolution_backward_weights;
  const auto desc = describe_backward<Backward>(
      make_attr(), *forward, dnnl::algorithm::convolution_direct, any_layout(dims_of(x)),
      any_layout(dims_of(w)), any_layout(dims_of(y)), spatial.strides, spatial.dilations,
      spatial.pads_begin, spatial.pads_end);
  if (!desc) return nullptr;
  return make_primitive<Backward>(
      desc, {input_argument(DNNL_ARG_SRC, desc->src_desc(), 0, x),
             input_argument(DNNL_ARG_DIFF_DST, desc->diff_dst_desc(), 1, y),
             output_argument(DNNL_ARG_DIFF_WEIGHTS, desc->diff_weights_desc(), 0, w)});
}

}  // namespace gatefold::onednn
