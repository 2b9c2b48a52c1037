#include "ir/graph.h"
#include "tests/ops/op_case.h"
#include "tests/random_inputs.h"

namespace gatefold::test {
namespace {

using CaseList = std::vector<OpCase> (*)();

constexpr CaseList kCaseLists[] = {
    control_flow_cases,
    conv_cases,
    conv_transpose_cases,
    conv_weight_grad_cases,
    reshape_cases,
    transpose_cases,
    slice_cases,
    split_cases,
    concat_cases,
    expand_cases,
    pad_cases,
    shape_cases,
    constant_of_shape_cases,
    range_cases,
    eye_like_cases,
    depth_to_space_cases,
    reverse_sequence_cases,
    trilu_cases,
    cum_sum_cases,
    sequence_cases,
    split_to_sequence_cases,
    optional_cases,
    sequence_map_cases,
    resize_cases,
    grid_sample_cases,
    affine_grid_cases,
    col2im_cases,
    roi_pool_cases,
    gather_cases,
    gather_grad_cases,
    optimizer_cases,
    reduce_cases,
    arg_max_cases,
    gather_elements_cases,
    gather_nd_cases,
    scatter_cases,
    one_hot_cases,
    non_zero_cases,
    compress_cases,
    tf_idf_vectorizer_cases,
    unique_cases,
    top_k_cases,
    softmax_cases,
    non_max_suppression_cases,
    tensor_scatter_cases,
    cross_entropy_cases,
    ctc_loss_cases,
    dft_cases,
    stft_cases,
    window_function_cases,
    mel_weight_matrix_cases,
    det_cases,
    einsum_cases,
    quantize_linear_cases,
    quantized_conv_cases,
    quantized_matmul_cases,
    gru_cases,
    lstm_cases,
    rnn_cases,
    recurrent_training_cases,
    gemm_cases,
    matmul_cases,
    attention_cases,
    deform_conv_cases,
    rotary_embedding_cases,
    pool_cases,
    global_pool_cases,
    max_unpool_cases,
    channel_normalization_cases,
    layer_normalization_cases,
    local_normalization_cases,
    activation_cases,
    arithmetic_cases,
    bitwise_cases,
    cast_cases,
    clip_cases,
    dropout_cases,
    identity_cases,
    logical_cases,
    prelu_cases,
    random_cases,
    unary_cases,
    variadic_cases,
    where_cases,
};

}  // namespace

std::vector<OpCase> all_op_cases() {
  std::vector<OpCase> all;
  for (const CaseList list : kCaseLists) {
    for (OpCase& op_case : list()) all.push_back(std::move(op_case));
  }
  return all;
}

std::vector<Datum> inputs_of(const OpCase& op_case, const Graph& graph) {
  std::vector<Datum> inputs;
  for (const Value* input : graph.inputs()) {
    const auto given = op_case.inputs.find(input->name());
    inputs.emplace_back(given == op_case.inputs.end()
                            ? random_tensor(input->type(), inputs.size() + 1)
                            : given->second);
  }
  return inputs;
}

}  // namespace gatefold::test
