#pragma once

#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "ir/tensor.h"

namespace gatefold {
class Graph;
}  // namespace gatefold

namespace gatefold::test {

/// One use of an operator. The same list feeds every suite: type inference against the shapes that
/// evaluation gives, kernels against the evaluator in double, and gradients.
struct OpCase {
  /// CamelCase, unique: "GatherNegativeIndices".
  std::string name;
  /// A graph in ONNX text: "g (float[2,3] x) => (float[a,b] y) { y = Relu (x) }".
  std::string graph;
  /// Inputs by name; inputs not given are drawn from a fixed random sequence: floats in [-1, 1),
  /// integers in [0, 4), booleans.
  std::map<std::string, Tensor> inputs = {};
  /// Bound on |kernel - oracle| / (1 + |oracle|).
  double tolerance = 1e-5;
};

/// One function per file of this folder; op_cases.cpp lists them.
std::vector<OpCase> control_flow_cases();
std::vector<OpCase> conv_cases();
std::vector<OpCase> conv_transpose_cases();
std::vector<OpCase> conv_weight_grad_cases();
std::vector<OpCase> reshape_cases();
std::vector<OpCase> transpose_cases();
std::vector<OpCase> slice_cases();
std::vector<OpCase> split_cases();
std::vector<OpCase> concat_cases();
std::vector<OpCase> expand_cases();
std::vector<OpCase> pad_cases();
std::vector<OpCase> shape_cases();
std::vector<OpCase> constant_of_shape_cases();
std::vector<OpCase> range_cases();
std::vector<OpCase> eye_like_cases();
std::vector<OpCase> depth_to_space_cases();
std::vector<OpCase> reverse_sequence_cases();
std::vector<OpCase> trilu_cases();
std::vector<OpCase> cum_sum_cases();
std::vector<OpCase> sequence_cases();
std::vector<OpCase> split_to_sequence_cases();
std::vector<OpCase> optional_cases();
std::vector<OpCase> sequence_map_cases();
std::vector<OpCase> resize_cases();
std::vector<OpCase> grid_sample_cases();
std::vector<OpCase> affine_grid_cases();
std::vector<OpCase> col2im_cases();
std::vector<OpCase> roi_pool_cases();
std::vector<OpCase> gather_cases();
std::vector<OpCase> gather_grad_cases();
std::vector<OpCase> optimizer_cases();
std::vector<OpCase> reduce_cases();
std::vector<OpCase> arg_max_cases();
std::vector<OpCase> gather_elements_cases();
std::vector<OpCase> gather_nd_cases();
std::vector<OpCase> scatter_cases();
std::vector<OpCase> one_hot_cases();
std::vector<OpCase> non_zero_cases();
std::vector<OpCase> compress_cases();
std::vector<OpCase> tf_idf_vectorizer_cases();
std::vector<OpCase> unique_cases();
std::vector<OpCase> top_k_cases();
std::vector<OpCase> softmax_cases();
std::vector<OpCase> non_max_suppression_cases();
std::vector<OpCase> tensor_scatter_cases();
std::vector<OpCase> cross_entropy_cases();
std::vector<OpCase> ctc_loss_cases();
std::vector<OpCase> dft_cases();
std::vector<OpCase> stft_cases();
std::vector<OpCase> window_function_cases();
std::vector<OpCase> mel_weight_matrix_cases();
std::vector<OpCase> det_cases();
std::vector<OpCase> einsum_cases();
std::vector<OpCase> quantize_linear_cases();
std::vector<OpCase> quantized_conv_cases();
std::vector<OpCase> quantized_matmul_cases();
std::vector<OpCase> gru_cases();
std::vector<OpCase> lstm_cases();
std::vector<OpCase> rnn_cases();
std::vector<OpCase> recurrent_training_cases();
std::vector<OpCase> gemm_cases();
std::vector<OpCase> matmul_cases();
std::vector<OpCase> attention_cases();
std::vector<OpCase> deform_conv_cases();
std::vector<OpCase> rotary_embedding_cases();
std::vector<OpCase> pool_cases();
std::vector<OpCase> global_pool_cases();
std::vector<OpCase> max_unpool_cases();
std::vector<OpCase> channel_normalization_cases();
std::vector<OpCase> layer_normalization_cases();
std::vector<OpCase> local_normalization_cases();
std::vector<OpCase> activation_cases();
std::vector<OpCase> arithmetic_cases();
std::vector<OpCase> bitwise_cases();
std::vector<OpCase> cast_cases();
std::vector<OpCase> clip_cases();
std::vector<OpCase> dropout_cases();
std::vector<OpCase> identity_cases();
std::vector<OpCase> logical_cases();
std::vector<OpCase> prelu_cases();
std::vector<OpCase> random_cases();
std::vector<OpCase> unary_cases();
std::vector<OpCase> variadic_cases();
std::vector<OpCase> where_cases();

/// The cases of all files.
std::vector<OpCase> all_op_cases();

/// The case's inputs in the order of its graph.
std::vector<Datum> inputs_of(const OpCase& op_case, const Graph& graph);

/// How gtest shows a case; the name is gtest's.
void PrintTo(const OpCase& op_case, std::ostream* stream);  // NOLINT(readability-identifier-naming)

}  // namespace gatefold::test
