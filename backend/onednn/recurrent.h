#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "backend/kernel.h"
#include "backend/onednn/compat.h"
#include "ir/ops/recurrent.h"

/// What the oneDNN kernels of LSTM, GRU and RNN share. oneDNN computes the default activations
/// without clip, input_forget and sequence lengths; everything else is left to kernels/recurrent.
namespace gatefold::onednn {

/// The layouts of one direction under oneDNN's names; empty where an input or output is missing.
/// Weights are for the primitive to choose.
struct RecurrentLayouts {
  dnnl::memory::desc src_layer, src_iter, src_iter_c;
  dnnl::memory::desc weights_layer, weights_iter, weights_peephole, bias;
  dnnl::memory::desc dst_layer, dst_iter, dst_iter_c;
};

/// What one direction is to compute; layouts are the same for all.
struct RecurrentDirection {
  const RecurrentAttrs& attrs;
  std::size_t number = 0;
  const RecurrentLayouts& layouts;

  dnnl::rnn_direction direction() const {
    return attrs.directions[number].is_reverse ? dnnl::rnn_direction::unidirectional_right2left
                                               : dnnl::rnn_direction::unidirectional_left2right;
  }
};

/// A primitive and the layouts it has chosen.
struct RecurrentPrimitive {
  dnnl::primitive primitive;
  dnnl::memory::desc weights_layer, weights_iter, scratchpad;
  std::string implementation;

  const dnnl::memory::desc& scratchpad_desc() const { return scratchpad; }
  const std::string& impl_info_str() const { return implementation; }
};

/// `arguments` follow the propagation kind in oneDNN's descriptor.
template <typename Primitive, typename... Arguments>
std::optional<RecurrentPrimitive> describe_recurrent(const Arguments&... arguments) {
  const auto desc =
      describe<Primitive>(make_attr(), dnnl::prop_kind::forward_inference, arguments...);
  if (!desc) return std::nullopt;
  return RecurrentPrimitive{Primitive(*desc), desc->weights_layer_desc(), desc->weights_iter_desc(),
                            desc->scratchpad_desc(), desc->impl_info_str()};
}

/// The differences between the three operators in oneDNN.
struct RecurrentFlavor {
  std::string_view gates;           ///< oneDNN's order, in ONNX's letters.
  std::string_view peepholes = {};  ///< The same for the peepholes.
  /// The rows of the bias: a gate's letter stands for Wb + Rb. With `splits_last_bias` the last
  /// gate's row is Wb alone and one more row holds its Rb.
  bool splits_last_bias = false;
  std::optional<RecurrentPrimitive> (*describe)(const RecurrentDirection& direction) = nullptr;
};

/// A kernel for the node by oneDNN, or nullptr where oneDNN does not do what the node asks.
std::unique_ptr<Kernel> make_recurrent(const KernelRequest& request, const RecurrentFlavor& flavor);

}  // namespace gatefold::onednn
