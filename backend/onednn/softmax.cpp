#include "backend/kernels.h"
#include "backend/onednn/primitive_kernel.h"
#include "ir/op_def.h"

namespace gatefold::onednn {

std::unique_ptr<Kernel> make_softmax(const KernelRequest& request) {
  if (!has_plain_ports(request)) return nullptr;
  const bool is_log = request.node.op().name == "LogSoftmax";
  const auto algorithm = is_log ? dnnl::algorithm::softmax_log : dnnl::algorithm::softmax_accurate;
  const dnnl::memory::desc layout = plain_layout(request.input_dims(0));
  return make_primitive<SoftmaxForward>(
      describe<SoftmaxForward>(make_attr(), dnnl::prop_kind::forward_inference, algorithm, layout,
                               layout, static_cast<int>(axis_of(request))),
      {input_argument(DNNL_ARG_SRC, layout, 0), output_argument(DNNL_ARG_DST, layout)});
}

}  // namespace gatefold::onednn
