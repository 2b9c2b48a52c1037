#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "backend/kernel.h"
#include "backend/onednn/compat.h"
#include "ir/ops/recurrent.h"

/// What the oneDNN kernels of LSTM, GRU and RNN, of their training forms and of their gradients
/// share. oneDNN computes the default activations without clip, input_forget and sequence lengths;
/// everything else is left to kernels/recurrent.
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

/// The primitives of training: what the forward one leaves in `workspace`, which is oneDNN's own,
/// the backward one reads.
struct RecurrentPair {
  RecurrentPrimitive forward, backward;
  dnnl::memory::desc workspace;
  dnnl::memory::desc diff_weights_layer, diff_weights_iter;
};

template <typename Desc>
RecurrentPrimitive primitive_of(const dnnl::primitive& primitive, const Desc& desc) {
  return {primitive, desc.weights_layer_desc(), desc.weights_iter_desc(), desc.scratchpad_desc(),
          desc.impl_info_str()};
}

/// `arguments` follow the propagation kind in oneDNN's descriptor.
template <typename Primitive, typename... Arguments>
std::optional<RecurrentPrimitive> describe_recurrent(const Arguments&... arguments) {
  const auto desc =
      describe<Primitive>(make_attr(), dnnl::prop_kind::forward_inference, arguments...);
  if (!desc) return std::nullopt;
  return primitive_of(Primitive(*desc), *desc);
}

/// The same for training; `settings` follow the propagation kind, then come the layouts, for the
/// backward primitive once more as those of the gradients.
template <typename Forward, typename Backward, typename Settings, typename Layouts>
std::optional<RecurrentPair> describe_recurrent_pair(const Settings& settings,
                                                     const Layouts& layouts) {
  const auto forward = std::apply(
      [](const auto&... arguments) {
        return describe<Forward>(make_attr(), dnnl::prop_kind::forward_training, arguments...);
      },
      std::tuple_cat(settings, layouts));
  if (!forward) return std::nullopt;
  const auto backward = std::apply(
      [&](const auto&... arguments) {
        return describe_backward<Backward>(make_attr(), *forward, dnnl::prop_kind::backward,
                                           arguments...);
      },
      std::tuple_cat(settings, layouts, layouts));
  if (!backward) return std::nullopt;
  return RecurrentPair{primitive_of(Forward(*forward), *forward),
                       primitive_of(Backward(*backward), *backward), forward->workspace_desc(),
                       backward->diff_weights_layer_desc(), backward->diff_weights_iter_desc()};
}

/// The differences between the three operators in oneDNN.
struct RecurrentFlavor {
  std::string_view gates;           ///< oneDNN's order, in ONNX's letters.
  std::string_view peepholes = {};  ///< The same for the peepholes.
  /// The rows of the bias: a gate's letter stands for Wb + Rb. With `splits_last_bias` the last
  /// gate's row is Wb alone and one more row holds its Rb.
  bool splits_last_bias = false;
  std::optional<RecurrentPrimitive> (*describe)(const RecurrentDirection& direction) = nullptr;
  std::optional<RecurrentPair> (*describe_pair)(const RecurrentDirection& direction) = nullptr;
};

/// Which states a primitive has as inputs and as outputs.
struct RecurrentStates {
  bool has_initial = false;
  bool has_last = false;
};

/// The layouts of a node with dense or strided X and Y.
RecurrentLayouts layouts_of(const KernelRequest& request, const RecurrentAttrs& attrs,
                            const RecurrentExtents& extents, const RecurrentFlavor& flavor,
                            const RecurrentStates& states);

/// Whether oneDNN computes layers of this kind on such numbers.
bool takes_recurrent(const KernelRequest& request, const RecurrentAttrs& attrs,
                     const RecurrentExtents& extents);

/// A kernel for the node by oneDNN, or nullptr where oneDNN does not do what the node asks.
std::unique_ptr<Kernel> make_recurrent(const KernelRequest& request, const RecurrentFlavor& flavor);

/// The same for the training form of a node and for its gradient. The two go together: each asks
/// whether oneDNN takes both, which depends on what they have in common and on all that read the
/// workspace. Only KernelChoice::kOnednn asks for the pair.
std::unique_ptr<Kernel> make_recurrent_training(const KernelRequest& request,
                                                const RecurrentFlavor& flavor);
std::unique_ptr<Kernel> make_recurrent_gradient(const KernelRequest& request,
                                                const RecurrentFlavor& flavor);

}  // namespace gatefold::onednn
