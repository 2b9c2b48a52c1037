#include "backend/kernels.h"
#include "backend/onednn/recurrent.h"

namespace gatefold::onednn {
namespace {

std::optional<dnnl::algorithm> algorithm_of(ActivationKind kind) {
  switch (kind) {
    case ActivationKind::kRelu:
      return dnnl::algorithm::eltwise_relu;
    case ActivationKind::kTanh:
      return dnnl::algorithm::eltwise_tanh;
    case ActivationKind::kSigmoid:
      return dnnl::algorithm::eltwise_logistic;
    default:
      return std::nullopt;
  }
}

std::optional<RecurrentPrimitive> describe_rnn(const RecurrentDirection& d) {
  const auto activation = algorithm_of(d.attrs.directions[d.number].activations[0].kind());
  if (!activation) return std::nullopt;
  const RecurrentLayouts& l = d.layouts;
  return describe_recurrent<dnnl::vanilla_rnn_forward>(*activation, d.direction(), l.src_layer,
                                                       l.src_iter, l.weights_layer, l.weights_iter,
                                                       l.bias, l.dst_layer, l.dst_iter);
}

std::optional<RecurrentPair> describe_rnn_pair(const RecurrentDirection& d) {
  const auto activation = algorithm_of(d.attrs.directions[d.number].activations[0].kind());
  if (!activation) return std::nullopt;
  const RecurrentLayouts& l = d.layouts;
  return describe_recurrent_pair<dnnl::vanilla_rnn_forward, dnnl::vanilla_rnn_backward>(
      std::tuple(*activation, d.direction()),
      std::tuple(l.src_layer, l.src_iter, l.weights_layer, l.weights_iter, l.bias, l.dst_layer,
                 l.dst_iter));
}

constexpr RecurrentFlavor kFlavor{
    .gates = "i", .describe = describe_rnn, .describe_pair = describe_rnn_pair};

}  // namespace

std::unique_ptr<Kernel> make_rnn(const KernelRequest& request) {
  return make_recurrent(request, kFlavor);
}
std::unique_ptr<Kernel> make_rnn_training(const KernelRequest& request) {
  return make_recurrent_training(request, kFlavor);
}
std::unique_ptr<Kernel> make_rnn_gradient(const KernelRequest& request) {
  return make_recurrent_gradient(request, kFlavor);
}

}  // namespace gatefold::onednn
