#pragma once

#include <vector>

#include "ir/op_def.h"

namespace gatefold {

/// Every operator record of the project; op_def.h's look-ups read it.
std::vector<const OpDef*> list_ops();

/// One function per file of this folder. A file holds one operator, or a family of operators that
/// share their rules. To add an operator: a file, a line here and a line in ops.cpp.
namespace ops {

std::vector<OpDef> activation();
std::vector<OpDef> arithmetic();
std::vector<OpDef> bitwise();
std::vector<OpDef> cast();
std::vector<OpDef> clip();
std::vector<OpDef> dropout();
std::vector<OpDef> conv();
std::vector<OpDef> conv_transpose();
std::vector<OpDef> conv_weight_grad();
std::vector<OpDef> gather();
std::vector<OpDef> gather_grad();
std::vector<OpDef> sum_to_shape();
std::vector<OpDef> gradient();
std::vector<OpDef> optimizer();
std::vector<OpDef> counter_uniform();
std::vector<OpDef> if_then_else();
std::vector<OpDef> loop();
std::vector<OpDef> scan();
std::vector<OpDef> gru();
std::vector<OpDef> lstm();
std::vector<OpDef> rnn();
std::vector<OpDef> gemm();
std::vector<OpDef> matmul();
std::vector<OpDef> attention();
std::vector<OpDef> attention_gradient();
std::vector<OpDef> deform_conv();
std::vector<OpDef> rotary_embedding();
std::vector<OpDef> pool();
std::vector<OpDef> global_pool();
std::vector<OpDef> max_unpool();
std::vector<OpDef> channel_normalization();
std::vector<OpDef> layer_normalization();
std::vector<OpDef> local_normalization();
std::vector<OpDef> reduce();
std::vector<OpDef> arg_max();
std::vector<OpDef> gather_elements();
std::vector<OpDef> gather_nd();
std::vector<OpDef> scatter();
std::vector<OpDef> one_hot();
std::vector<OpDef> non_zero();
std::vector<OpDef> compress();
std::vector<OpDef> tf_idf_vectorizer();
std::vector<OpDef> unique();
std::vector<OpDef> top_k();
std::vector<OpDef> softmax();
std::vector<OpDef> identity();
std::vector<OpDef> logical();
std::vector<OpDef> prelu();
std::vector<OpDef> random();
std::vector<OpDef> unary();
std::vector<OpDef> variadic();
std::vector<OpDef> where();
std::vector<OpDef> non_max_suppression();
std::vector<OpDef> tensor_scatter();
std::vector<OpDef> cross_entropy();
std::vector<OpDef> ctc_loss();
std::vector<OpDef> dft();
std::vector<OpDef> stft();
std::vector<OpDef> window_function();
std::vector<OpDef> mel_weight_matrix();
std::vector<OpDef> det();
std::vector<OpDef> einsum();
std::vector<OpDef> quantize_linear();
std::vector<OpDef> affine_grid();
std::vector<OpDef> col2im();
std::vector<OpDef> concat();
std::vector<OpDef> constant_of_shape();
std::vector<OpDef> cum_sum();
std::vector<OpDef> depth_to_space();
std::vector<OpDef> expand();
std::vector<OpDef> eye_like();
std::vector<OpDef> grid_sample();
std::vector<OpDef> optional();
std::vector<OpDef> pad();
std::vector<OpDef> range();
std::vector<OpDef> resize();
std::vector<OpDef> roi_pool();
std::vector<OpDef> reshape();
std::vector<OpDef> reverse_sequence();
std::vector<OpDef> sequence();
std::vector<OpDef> sequence_map();
std::vector<OpDef> shape();
std::vector<OpDef> slice();
std::vector<OpDef> split();
std::vector<OpDef> split_to_sequence();
std::vector<OpDef> transpose();
std::vector<OpDef> trilu();
std::vector<OpDef> quantized_conv();
std::vector<OpDef> quantized_matmul();

}  // namespace ops
}  // namespace gatefold
