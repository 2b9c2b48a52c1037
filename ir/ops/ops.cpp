#include "ir/ops/ops.h"

namespace gatefold {
namespace {

using Family = std::vector<OpDef> (*)();

constexpr Family kFamilies[] = {
    ops::conv,
    ops::conv_transpose,
    ops::conv_weight_grad,
    ops::gather,
    ops::gather_grad,
    ops::sum_to_shape,
    ops::gradient,
    ops::optimizer,
    ops::counter_uniform,
    ops::if_then_else,
    ops::loop,
    ops::scan,
    ops::gru,
    ops::lstm,
    ops::rnn,
    ops::gemm,
    ops::matmul,
    ops::attention,
    ops::attention_gradient,
    ops::deform_conv,
    ops::rotary_embedding,
    ops::pool,
    ops::global_pool,
    ops::max_unpool,
    ops::channel_normalization,
    ops::layer_normalization,
    ops::local_normalization,
    ops::reduce,
    ops::arg_max,
    ops::gather_elements,
    ops::gather_nd,
    ops::scatter,
    ops::one_hot,
    ops::non_zero,
    ops::compress,
    ops::tf_idf_vectorizer,
    ops::unique,
    ops::top_k,
    ops::softmax,
    ops::activation,
    ops::arithmetic,
    ops::bitwise,
    ops::cast,
    ops::clip,
    ops::dropout,
    ops::identity,
    ops::logical,
    ops::prelu,
    ops::random,
    ops::unary,
    ops::variadic,
    ops::where,
    ops::non_max_suppression,
    ops::tensor_scatter,
    ops::cross_entropy,
    ops::ctc_loss,
    ops::dft,
    ops::stft,
    ops::window_function,
    ops::mel_weight_matrix,
    ops::det,
    ops::einsum,
    ops::quantize_linear,
    ops::affine_grid,
    ops::col2im,
    ops::concat,
    ops::constant_of_shape,
    ops::cum_sum,
    ops::depth_to_space,
    ops::expand,
    ops::eye_like,
    ops::grid_sample,
    ops::optional,
    ops::pad,
    ops::range,
    ops::resize,
    ops::roi_pool,
    ops::reshape,
    ops::reverse_sequence,
    ops::sequence,
    ops::sequence_map,
    ops::shape,
    ops::slice,
    ops::split,
    ops::split_to_sequence,
    ops::transpose,
    ops::trilu,
    ops::quantized_conv,
    ops::quantized_matmul,
};

}  // namespace

std::vector<const OpDef*> list_ops() {
  static const std::vector<std::vector<OpDef>> records = [] {
    std::vector<std::vector<OpDef>> all;
    for (const Family family : kFamilies) all.push_back(family());
    return all;
  }();
  std::vector<const OpDef*> list;
  for (const auto& family : records) {
    for (const OpDef& def : family) list.push_back(&def);
  }
  return list;
}

}  // namespace gatefold
