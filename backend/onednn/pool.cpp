#include "backend/kernels.h"
#include "backend/onednn/primitive_kernel.h"
#include "backend/onednn/spatial.h"
#include "ir/op_def.h"

namespace gatefold::onednn {
namespace {

using Algorithm = dnnl::algorithm;

std::unique_ptr<Kernel> make(const KernelRequest& request, Algorithm algorithm,
                             const Spatial& spatial) {
  const dnnl::memory::desc x = plain_layout(request.input_dims(0));
  const dnnl::memory::desc y = plain_layout(request.output_dims());
  return make_primitive<PoolingForward>(
      describe<PoolingForward>(make_attr(), dnnl::prop_kind::forward_inference, algorithm, x, y,
                               spatial.strides, spatial.kernel, spatial.dilations,
                               spatial.pads_begin, spatial.pads_end),
      {input_argument(DNNL_ARG_SRC, x, 0), output_argument(DNNL_ARG_DST, y)});
}

bool is_possible(const KernelRequest& request) {
  return has_plain_ports(request) && request.outputs.size() == 1 &&
         request.input_dims(0).size() > 2;
}

// With ceil_mode the last window may go on behind the padding: oneDNN counts that as padding.
bool reach_behind_padding(const Windows& windows) {
  bool reaches = false;
  for (const AxisWindow& axis : windows) {
    const std::int64_t last = axis.position(axis.output - 1, axis.kernel - 1);
    reaches = reaches || last >= axis.input + axis.pad_end;
  }
  return reaches;
}

std::unique_ptr<Kernel> make_windowed(const KernelRequest& request, Algorithm algorithm) {
  if (!is_possible(request)) return nullptr;
  const Windows windows =
      place_windows(request.node, request.input_dims(0), request.node.attr_ints("kernel_shape"));
  if (reach_behind_padding(windows)) return nullptr;
  return make(request, algorithm, Spatial(windows, request.input_dims(0).size() - 2));
}

std::unique_ptr<Kernel> make_global(const KernelRequest& request, Algorithm algorithm) {
  if (!is_possible(request)) return nullptr;
  std::vector<AxisWindow> axes;
  const Dims dims = request.input_dims(0);
  for (std::size_t i = 2; i < dims.size(); ++i) {
    axes.push_back({.input = dims[i], .output = 1, .kernel = dims[i]});
  }
  return make(request, algorithm, Spatial(make_windows(axes), axes.size()));
}

}  // namespace

std::unique_ptr<Kernel> make_average_pool(const KernelRequest& request) {
  const bool counts_padding = request.node.attr_int("count_include_pad") != 0;
  return make_windowed(request, counts_padding ? Algorithm::pooling_avg_include_padding
                                               : Algorithm::pooling_avg_exclude_padding);
}

std::unique_ptr<Kernel> make_global_average_pool(const KernelRequest& request) {
  return make_global(request, Algorithm::pooling_avg_include_padding);
}

}  // namespace gatefold::onednn
