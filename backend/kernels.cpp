#include "backend/kernels.h"

#include <algorithm>
#include <string_view>

#include "backend/plain/evaluate_kernel.h"
#include "ir/op_def.h"

namespace gatefold {
namespace {

struct KernelEntry {
  std::string_view op;
  MakeKernel make;
};

// Rows of one operator are tried from top to bottom.
constexpr KernelEntry kKernels[] = {
    {"Conv", make_fastest_conv},
    {"ConvTranspose", make_fastest_conv_transpose},
    {"Gather", plain::make_gather},
    {"GatherGrad", plain::make_gather_grad},
    {"GatherRowsGrad", plain::make_gather_rows_grad},
    {"GatherElements", plain::make_gather_elements},
    {"GatherND", plain::make_gather_nd},
    {"ScatterElements", plain::make_scatter_elements},
    {"ScatterND", plain::make_scatter_nd},
    {"OneHot", plain::make_one_hot},
    {"TopK", plain::make_top_k},
    {"ArgMax", plain::make_arg_max},
    {"ArgMin", plain::make_arg_max},
    {"Softmax", plain::make_softmax},
    {"LogSoftmax", plain::make_softmax},
    {"ReduceSum", plain::make_reduce},
    {"ReduceMean", plain::make_reduce},
    {"ReduceProd", plain::make_reduce},
    {"ReduceMax", plain::make_reduce},
    {"ReduceMin", plain::make_reduce},
    {"ReduceL1", plain::make_reduce},
    {"ReduceL2", plain::make_reduce},
    {"ReduceSumSquare", plain::make_reduce},
    {"ReduceLogSum", plain::make_reduce},
    {"SumToShape", plain::make_sum_to_shape},
    {"SoftmaxCrossEntropyLoss", plain::make_cross_entropy},
    {"NegativeLogLikelihoodLoss", plain::make_cross_entropy},
    {"GRU", make_fastest_recurrent},
    {"LSTM", make_fastest_recurrent},
    {"RNN", make_fastest_recurrent},
    {"GRUTraining", plain::make_recurrent},
    {"LSTMTraining", plain::make_recurrent},
    {"RNNTraining", plain::make_recurrent},
    {"GRUGrad", plain::make_recurrent_gradient},
    {"LSTMGrad", plain::make_recurrent_gradient},
    {"RNNGrad", plain::make_recurrent_gradient},
    {"Gemm", plain::make_gemm},
    {"MatMul", plain::make_matmul},
    {"MaxPool", plain::make_max_pool},
    {"AveragePool", plain::make_average_pool},
    {"GlobalAveragePool", plain::make_global_average_pool},
    {"GlobalMaxPool", plain::make_global_max_pool},
    {"BatchNormalization", plain::make_batch_normalization},
    {"GroupNormalization", plain::make_group_normalization},
    {"InstanceNormalization", plain::make_instance_normalization},
    {"LayerNormalization", plain::make_layer_normalization},
    {"RMSNormalization", plain::make_rms_normalization},
    {"Concat", plain::make_concat},
    {"DepthToSpace", plain::make_depth_to_space},
    {"Expand", plain::make_expand},
    {"Slice", plain::make_slice},
    {"SpaceToDepth", plain::make_depth_to_space},
    {"Split", plain::make_split},
    {"Tile", plain::make_tile},
    {"CenterCropPad", plain::make_center_crop_pad},
    {"CumSum", plain::make_cum_sum},
    {"Pad", plain::make_pad},
    {"Resize", plain::make_resize},
    {"ReverseSequence", plain::make_reverse_sequence},
    {"Trilu", plain::make_trilu},
    {"Transpose", plain::make_transpose},
    {"Abs", plain::make_unary},
    {"Acos", plain::make_unary},
    {"Acosh", plain::make_unary},
    {"Asin", plain::make_unary},
    {"Asinh", plain::make_unary},
    {"Atan", plain::make_unary},
    {"Atanh", plain::make_unary},
    {"Ceil", plain::make_unary},
    {"Celu", plain::make_unary},
    {"Cos", plain::make_unary},
    {"Cosh", plain::make_unary},
    {"Elu", plain::make_unary},
    {"Erf", plain::make_unary},
    {"Exp", plain::make_unary},
    {"Floor", plain::make_unary},
    {"Gelu", plain::make_unary},
    {"HardSigmoid", plain::make_unary},
    {"HardSwish", plain::make_unary},
    {"LeakyRelu", plain::make_unary},
    {"Log", plain::make_unary},
    {"Mish", plain::make_unary},
    {"Neg", plain::make_unary},
    {"Reciprocal", plain::make_unary},
    {"Relu", plain::make_unary},
    {"Round", plain::make_unary},
    {"Selu", plain::make_unary},
    {"Sigmoid", plain::make_unary},
    {"Sign", plain::make_unary},
    {"Sin", plain::make_unary},
    {"Sinh", plain::make_unary},
    {"Softplus", plain::make_unary},
    {"Softsign", plain::make_unary},
    {"Sqrt", plain::make_unary},
    {"Swish", plain::make_unary},
    {"Tan", plain::make_unary},
    {"Tanh", plain::make_unary},
    {"ThresholdedRelu", plain::make_unary},
    {"Add", plain::make_binary},
    {"Sub", plain::make_binary},
    {"Mul", plain::make_binary},
    {"Div", plain::make_binary},
    {"Pow", plain::make_square},
    {"Pow", plain::make_binary},
    {"And", plain::make_binary},
    {"Or", plain::make_binary},
    {"Xor", plain::make_binary},
    {"Equal", plain::make_binary},
    {"Greater", plain::make_binary},
    {"GreaterOrEqual", plain::make_binary},
    {"Less", plain::make_binary},
    {"LessOrEqual", plain::make_binary},
    {"Max", plain::make_binary},
    {"Min", plain::make_binary},
    {"Mean", plain::make_binary},
    {"Sum", plain::make_binary},
    {"PRelu", plain::make_binary},
    {"Clip", plain::make_clip},
    {"Cast", plain::make_cast},
    {"CastLike", plain::make_cast},
    {"QuantizeLinear", plain::make_quantize},
    {"DequantizeLinear", plain::make_dequantize},
    {"Dropout", plain::make_dropout},
    {"Not", plain::make_not},
    {"Where", plain::make_where},
};

}  // namespace

std::unique_ptr<Kernel> make_kernel(const KernelRequest& request) {
  for (const KernelEntry& entry : kKernels) {
    if (entry.op != request.node.op().name) continue;
    if (auto kernel = entry.make(request)) return kernel;
  }
  return make_evaluate_kernel(request);
}

bool has_kernel(const OpDef& op) {
  return std::any_of(std::begin(kKernels), std::end(kKernels),
                     [&](const KernelEntry& entry) { return entry.op == op.name; });
}

}  // namespace gatefold
