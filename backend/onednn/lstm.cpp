#include "backend/kernels.h"
#include "backend/onednn/recurrent.h"

namespace gatefold::onednn {
namespace {

std::optional<RecurrentPrimitive> describe_lstm(const RecurrentDirection& d) {
  const RecurrentLayouts& l = d.layouts;
  return describe_recurrent<dnnl::lstm_forward>(
      d.direction(), l.src_layer, l.src_iter, l.src_iter_c, l.weights_layer, l.weights_iter,
      l.weights_peephole, l.bias, l.dst_layer, l.dst_iter, l.dst_iter_c);
}

}  // namespace

std::unique_ptr<Kernel> make_lstm(const KernelRequest& request) {
  return make_recurrent(request, {.gates = "ifco", .peepholes = "ifo", .describe = describe_lstm});
}

}  // namespace gatefold::onednn
