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

template <typename Forward, typename Backward>
std::optional<RecurrentPair> describe_gru_pair(const RecurrentDirection& d) {
  const RecurrentLayouts& l = d.layouts;
  return describe_recurrent_pair<Forward, Backward>(
      std::tuple(d.direction()), std::tuple(l.src_layer, l.src_iter, l.weights_layer,
                                            l.weights_iter, l.bias, l.dst_layer, l.dst_iter));
}

constexpr RecurrentFlavor kResetFirst{
    .gates = "zrh",
    .describe = describe_gru<dnnl::gru_forward>,
    .describe_pair = describe_gru_pair<dnnl::gru_forward, dnnl::gru_backward>};
constexpr RecurrentFlavor kLinearBeforeReset{
    .gates = "zrh",
    .splits_last_bias = true,
    .describe = describe_gru<dnnl::lbr_gru_forward>,
    .describe_pair = describe_gru_pair<dnnl::lbr_gru_forward, dnnl::lbr_gru_backward>};

const RecurrentFlavor& flavor_of(const KernelRequest& request) {
  return request.node.attr_int("linear_before_reset") != 0 ? kLinearBeforeReset : kResetFirst;
}

}  // namespace

std::unique_ptr<Kernel> make_gru(const KernelRequest& request) {
  return make_recurrent(request, flavor_of(request));
}
std::unique_ptr<Kernel> make_gru_training(const KernelRequest& request) {
  return make_recurrent_training(request, flavor_of(request));
}
std::unique_ptr<Kernel> make_gru_gradient(const KernelRequest& request) {
  return make_recurrent_gradient(request, flavor_of(request));
}

}  // namespace gatefold::onednn
