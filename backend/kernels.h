#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "backend/kernel.h"

namespace gatefold {

/// A kernel for the node, ours or oneDNN's as the request prefers; where neither takes it, one that
/// computes half precision in float32, or runs the operator's `evaluate`.
std::unique_ptr<Kernel> make_kernel(const KernelRequest& request);

/// Whether there is a kernel of that kind for some use of the operator.
bool has_own_kernel(const OpDef& op);
bool has_onednn_kernel(const OpDef& op);

/// Kernel::implementation of nodes that run the operator's `evaluate`.
inline constexpr std::string_view kEvaluated = "evaluate";

/// Whether an operator computes with the elements of its inputs, so that a kernel would be faster
/// than its `evaluate`. Not so: shapes, moves, choices among elements, sequences, control flow, and
/// random numbers.
bool is_arithmetic(const OpDef& op);

/// Our own kernel or oneDNN's, whichever is the fastest for the shapes at hand. Where that is not
/// known beforehand, both are run on made-up data the first time that such shapes are planned in
/// this process; a rule decides where the choice must be reproducible.
std::unique_ptr<Kernel> make_fastest_conv(const KernelRequest& request);
std::unique_ptr<Kernel> make_fastest_conv_transpose(const KernelRequest& request);
std::unique_ptr<Kernel> make_fastest_conv_weight_grad(const KernelRequest& request);
std::unique_ptr<Kernel> make_fastest_gemm(const KernelRequest& request);
std::unique_ptr<Kernel> make_fastest_matmul(const KernelRequest& request);
std::unique_ptr<Kernel> make_fastest_recurrent(const KernelRequest& request);
std::unique_ptr<Kernel> make_fastest_transpose(const KernelRequest& request);

/// Whether layers of a stack (kernels/recurrent/recurrent_stack.h) run faster in one kernel than
/// one by one.
bool is_faster_as_stack(std::span<const KernelRequest* const> layers);

/// One function per file of kernels/ (loops of our own) and onednn/.
namespace native {

std::unique_ptr<Kernel> make_attention(const KernelRequest& request);
std::unique_ptr<Kernel> make_attention_gradient(const KernelRequest& request);
std::unique_ptr<Kernel> make_conv(const KernelRequest& request);
std::unique_ptr<Kernel> make_conv_transpose(const KernelRequest& request);
std::unique_ptr<Kernel> make_pointwise_conv(const KernelRequest& request);
std::unique_ptr<Kernel> make_conv_weight_grad(const KernelRequest& request);
std::unique_ptr<Kernel> make_winograd_conv(const KernelRequest& request);
std::unique_ptr<Kernel> make_gather(const KernelRequest& request);
std::unique_ptr<Kernel> make_gather_grad(const KernelRequest& request);
std::unique_ptr<Kernel> make_gather_rows_grad(const KernelRequest& request);
std::unique_ptr<Kernel> make_gather_elements(const KernelRequest& request);
std::unique_ptr<Kernel> make_gather_nd(const KernelRequest& request);
std::unique_ptr<Kernel> make_scatter_elements(const KernelRequest& request);
std::unique_ptr<Kernel> make_scatter_nd(const KernelRequest& request);
std::unique_ptr<Kernel> make_one_hot(const KernelRequest& request);
std::unique_ptr<Kernel> make_top_k(const KernelRequest& request);
std::unique_ptr<Kernel> make_arg_max(const KernelRequest& request);
std::unique_ptr<Kernel> make_reduce(const KernelRequest& request);
std::unique_ptr<Kernel> make_sum_to_shape(const KernelRequest& request);
std::unique_ptr<Kernel> make_cross_entropy(const KernelRequest& request);
std::unique_ptr<Kernel> make_softmax(const KernelRequest& request);
std::unique_ptr<Kernel> make_recurrent(const KernelRequest& request);
std::unique_ptr<Kernel> make_recurrent_gradient(const KernelRequest& request);
std::unique_ptr<Kernel> make_gemm(const KernelRequest& request);
std::unique_ptr<Kernel> make_matmul(const KernelRequest& request);
std::unique_ptr<Kernel> make_max_pool(const KernelRequest& request);
std::unique_ptr<Kernel> make_average_pool(const KernelRequest& request);
std::unique_ptr<Kernel> make_global_average_pool(const KernelRequest& request);
std::unique_ptr<Kernel> make_global_max_pool(const KernelRequest& request);
std::unique_ptr<Kernel> make_batch_normalization(const KernelRequest& request);
std::unique_ptr<Kernel> make_group_normalization(const KernelRequest& request);
std::unique_ptr<Kernel> make_instance_normalization(const KernelRequest& request);
std::unique_ptr<Kernel> make_layer_normalization(const KernelRequest& request);
std::unique_ptr<Kernel> make_rms_normalization(const KernelRequest& request);
std::unique_ptr<Kernel> make_depth_to_space(const KernelRequest& request);
std::unique_ptr<Kernel> make_tile(const KernelRequest& request);
std::unique_ptr<Kernel> make_center_crop_pad(const KernelRequest& request);
std::unique_ptr<Kernel> make_cum_sum(const KernelRequest& request);
std::unique_ptr<Kernel> make_pad(const KernelRequest& request);
std::unique_ptr<Kernel> make_resize(const KernelRequest& request);
std::unique_ptr<Kernel> make_reverse_sequence(const KernelRequest& request);
std::unique_ptr<Kernel> make_trilu(const KernelRequest& request);
std::unique_ptr<Kernel> make_moves(const KernelRequest& request);
std::unique_ptr<Kernel> make_unary(const KernelRequest& request);
std::unique_ptr<Kernel> make_clip(const KernelRequest& request);
std::unique_ptr<Kernel> make_binary(const KernelRequest& request);
std::unique_ptr<Kernel> make_constant_power(const KernelRequest& request);
std::unique_ptr<Kernel> make_mixed_power(const KernelRequest& request);
std::unique_ptr<Kernel> make_where(const KernelRequest& request);
std::unique_ptr<Kernel> make_cast(const KernelRequest& request);
std::unique_ptr<Kernel> make_quantize(const KernelRequest& request);
std::unique_ptr<Kernel> make_dequantize(const KernelRequest& request);
std::unique_ptr<Kernel> make_dropout(const KernelRequest& request);
std::unique_ptr<Kernel> make_not(const KernelRequest& request);
std::unique_ptr<Kernel> make_plain_unary(const KernelRequest& request);
std::unique_ptr<Kernel> make_grid_sample(const KernelRequest& request);
std::unique_ptr<Kernel> make_dft(const KernelRequest& request);
std::unique_ptr<Kernel> make_stft(const KernelRequest& request);

}  // namespace native

namespace onednn {

std::unique_ptr<Kernel> make_average_pool(const KernelRequest& request);
std::unique_ptr<Kernel> make_batch_normalization(const KernelRequest& request);
std::unique_ptr<Kernel> make_binary(const KernelRequest& request);
std::unique_ptr<Kernel> make_conv(const KernelRequest& request);
std::unique_ptr<Kernel> make_conv_transpose(const KernelRequest& request);
std::unique_ptr<Kernel> make_conv_weight_grad(const KernelRequest& request);
std::unique_ptr<Kernel> make_gemm(const KernelRequest& request);
std::unique_ptr<Kernel> make_global_average_pool(const KernelRequest& request);
std::unique_ptr<Kernel> make_gru(const KernelRequest& request);
std::unique_ptr<Kernel> make_gru_gradient(const KernelRequest& request);
std::unique_ptr<Kernel> make_gru_training(const KernelRequest& request);
std::unique_ptr<Kernel> make_layer_normalization(const KernelRequest& request);
std::unique_ptr<Kernel> make_lrn(const KernelRequest& request);
std::unique_ptr<Kernel> make_lstm(const KernelRequest& request);
std::unique_ptr<Kernel> make_lstm_gradient(const KernelRequest& request);
std::unique_ptr<Kernel> make_lstm_training(const KernelRequest& request);
std::unique_ptr<Kernel> make_matmul(const KernelRequest& request);
std::unique_ptr<Kernel> make_prelu(const KernelRequest& request);
std::unique_ptr<Kernel> make_reduce(const KernelRequest& request);
std::unique_ptr<Kernel> make_rnn(const KernelRequest& request);
std::unique_ptr<Kernel> make_rnn_gradient(const KernelRequest& request);
std::unique_ptr<Kernel> make_rnn_training(const KernelRequest& request);
std::unique_ptr<Kernel> make_softmax(const KernelRequest& request);
std::unique_ptr<Kernel> make_transpose(const KernelRequest& request);
std::unique_ptr<Kernel> make_unary(const KernelRequest& request);

}  // namespace onednn

}  // namespace gatefold
