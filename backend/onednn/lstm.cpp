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

std::optional<RecurrentPair> describe_lstm_pair(const RecurrentDirection& d) {
  const RecurrentLayouts& l = d.layouts;
  return describe_recurrent_pair<dnnl::lstm_forward, dnnl::lstm_backward>(
      std::tuple(d.direction()),
      std::tuple(l.src_layer, l.src_iter, l.src_iter_c, l.weights_layer, l.weights_iter,
                 l.weights_peephole, l.bias, l.dst_layer, l.dst_iter, l.dst_iter_c));
}

constexpr RecurrentFlavor kFlavor{.gates = "ifco",
                                  .peepholes = "ifo",
                                  .describe = describe_lstm,
                                  .describe_pair = describe_lstm_pair};

}  // namespace

std::unique_ptr<Kernel> make_lstm(const KernelRequest& request) {
  return make_recurrent(request, kFlavor);
}
std::unique_ptr<Kernel> make_lstm_training(const KernelRequest& request) {
  return make_recurrent_training(request, kFlavor);
}
std::unique_ptr<Kernel> make_lstm_gradient(const KernelRequest& request) {
  return make_recurrent_gradient(request, kFlavor);
}

}  // namespace gatefold::onednn
