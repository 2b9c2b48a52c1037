#include "backend/kernels.h"
#include "backend/onednn/recurrent.h"

namespace gatefold::onednn {
namespace {

template <typename Primitive>
std::optional<RecurrentPrimitive> describe_gru(const RecurrentDirection& d) {
  const RecurrentLayouts& l = d.layouts;
  return describe_recurrent<Primitive>(d.direction(), l.src_layer, l.src_iter, l.weights_layer,
                                       l.weights_iter, l.bias, l.dst_layer, l.dst_iter);
}

}  // namespace

std::unique_ptr<Kernel> make_gru(const KernelRequest& request) {
  if (request.node.attr_int("linear_before_reset") != 0) {
    return make_recurrent(request, {.gates = "zrh",
                                    .splits_last_bias = true,
                                    .describe = describe_gru<dnnl::lbr_gru_forward>});
  }
  return make_recurrent(request, {.gates = "zrh", .describe = describe_gru<dnnl::gru_forward>});
}

}  // namespace gatefold::onednn
