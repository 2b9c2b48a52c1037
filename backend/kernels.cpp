#include "backend/kernels.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "backend/kernels/evaluate_kernel.h"
#include "backend/kernels/widened_kernel.h"
#include "backend/placement.h"
#include "ir/op_def.h"

namespace gatefold {
namespace {

struct KernelEntry {
  std::string_view op;
  MakeKernel make;
};

// Our own or oneDNN's, as the request chooses.
constexpr KernelEntry kChoices[] = {
    {"Conv", make_fastest_conv},
    {"ConvTranspose", make_fastest_conv_transpose},
    {"ConvWeightGrad", make_fastest_conv_weight_grad},
    {"Gemm", make_fastest_gemm},
    {"MatMul", make_fastest_matmul},
    {"GRU", make_fastest_recurrent},
    {"LSTM", make_fastest_recurrent},
    {"RNN", make_fastest_recurrent},
    {"Transpose", make_fastest_transpose},
};

// Not those whose primitives lose a NaN: Clip, Exp, Max, MaxPool, Min, ReduceMax, ReduceMin, Relu.
constexpr KernelEntry kOnednnKernels[] = {
    {"Abs", onednn::make_unary},
    {"Add", onednn::make_binary},
    {"AveragePool", onednn::make_average_pool},
    {"BatchNormalization", onednn::make_batch_normalization},
    {"Conv", onednn::make_conv},
    {"ConvTranspose", onednn::make_conv_transpose},
    {"ConvWeightGrad", onednn::make_conv_weight_grad},
    {"Div", onednn::make_binary},
    {"Elu", onednn::make_unary},
    {"GRU", onednn::make_gru},
    {"GRUGrad", onednn::make_gru_gradient},
    {"GRUTraining", onednn::make_gru_training},
    {"Gelu", onednn::make_unary},
    {"Gemm", onednn::make_gemm},
    {"GlobalAveragePool", onednn::make_global_average_pool},
    {"HardSwish", onednn::make_unary},
    {"LRN", onednn::make_lrn},
    {"LSTM", onednn::make_lstm},
    {"LSTMGrad", onednn::make_lstm_gradient},
    {"LSTMTraining", onednn::make_lstm_training},
    {"LayerNormalization", onednn::make_layer_normalization},
    {"LeakyRelu", onednn::make_unary},
    {"Log", onednn::make_unary},
    {"LogSoftmax", onednn::make_softmax},
    {"MatMul", onednn::make_matmul},
    {"Mish", onednn::make_unary},
    {"Mul", onednn::make_binary},
    {"PRelu", onednn::make_prelu},
    {"RNN", onednn::make_rnn},
    {"RNNGrad", onednn::make_rnn_gradient},
    {"RNNTraining", onednn::make_rnn_training},
    {"ReduceL1", onednn::make_reduce},
    {"ReduceL2", onednn::make_reduce},
    {"ReduceMean", onednn::make_reduce},
    {"ReduceProd", onednn::make_reduce},
    {"ReduceSum", onednn::make_reduce},
    {"ReduceSumSquare", onednn::make_reduce},
    {"Round", onednn::make_unary},
    {"Sigmoid", onednn::make_unary},
    {"Softmax", onednn::make_softmax},
    {"Softplus", onednn::make_unary},
    {"Sqrt", onednn::make_unary},
    {"Sub", onednn::make_binary},
    {"Sum", onednn::make_binary},
    {"Swish", onednn::make_unary},
    {"Tanh", onednn::make_unary},
    {"Transpose", onednn::make_transpose},
};

// Rows of one operator are tried from top to bottom.
constexpr KernelEntry kOwnKernels[] = {
    {"Attention", native::make_attention},
    {"AttentionGrad", native::make_attention_gradient},
    {"Conv", native::make_conv},
    {"ConvTranspose", native::make_conv_transpose},
    {"ConvWeightGrad", native::make_conv_weight_grad},
    {"Gather", native::make_gather},
    {"GatherGrad", native::make_gather_grad},
    {"GatherRowsGrad", native::make_gather_rows_grad},
    {"GatherElements", native::make_gather_elements},
    {"GatherND", native::make_gather_nd},
    {"ScatterElements", native::make_scatter_elements},
    {"ScatterND", native::make_scatter_nd},
    {"OneHot", native::make_one_hot},
    {"TopK", native::make_top_k},
    {"ArgMax", native::make_arg_max},
    {"ArgMin", native::make_arg_max},
    {"Softmax", native::make_softmax},
    {"LogSoftmax", native::make_softmax},
    {"ReduceSum", native::make_reduce},
    {"ReduceMean", native::make_reduce},
    {"ReduceProd", native::make_reduce},
    {"ReduceMax", native::make_reduce},
    {"ReduceMin", native::make_reduce},
    {"ReduceL1", native::make_reduce},
    {"ReduceL2", native::make_reduce},
    {"ReduceSumSquare", native::make_reduce},
    {"ReduceLogSum", native::make_reduce},
    {"SumToShape", native::make_sum_to_shape},
    {"SoftmaxCrossEntropyLoss", native::make_cross_entropy},
    {"NegativeLogLikelihoodLoss", native::make_cross_entropy},
    {"GRU", native::make_recurrent},
    {"LSTM", native::make_recurrent},
    {"RNN", native::make_recurrent},
    {"GRUTraining", native::make_recurrent},
    {"LSTMTraining", native::make_recurrent},
    {"RNNTraining", native::make_recurrent},
    {"GRUGrad", native::make_recurrent_gradient},
    {"LSTMGrad", native::make_recurrent_gradient},
    {"RNNGrad", native::make_recurrent_gradient},
    {"Gemm", native::make_gemm},
    {"MatMul", native::make_matmul},
    {"MaxPool", native::make_max_pool},
    {"AveragePool", native::make_average_pool},
    {"GlobalAveragePool", native::make_global_average_pool},
    {"GlobalMaxPool", native::make_global_max_pool},
    {"BatchNormalization", native::make_batch_normalization},
    {"GroupNormalization", native::make_group_normalization},
    {"InstanceNormalization", native::make_instance_normalization},
    {"LayerNormalization", native::make_layer_normalization},
    {"RMSNormalization", native::make_rms_normalization},
    {"Concat", native::make_moves},
    {"DepthToSpace", native::make_depth_to_space},
    {"Expand", native::make_moves},
    {"Slice", native::make_moves},
    {"SpaceToDepth", native::make_depth_to_space},
    {"Split", native::make_moves},
    {"Tile", native::make_tile},
    {"CenterCropPad", native::make_center_crop_pad},
    {"CumSum", native::make_cum_sum},
    {"DFT", native::make_dft},
    {"STFT", native::make_stft},
    {"GridSample", native::make_grid_sample},
    {"Pad", native::make_pad},
    {"Resize", native::make_resize},
    {"ReverseSequence", native::make_reverse_sequence},
    {"Trilu", native::make_trilu},
    {"Transpose", native::make_moves},
    {"Abs", native::make_unary},
    {"Acos", native::make_unary},
    {"Acosh", native::make_unary},
    {"Asin", native::make_unary},
    {"Asinh", native::make_unary},
    {"Atan", native::make_unary},
    {"Atanh", native::make_unary},
    {"Ceil", native::make_unary},
    {"Celu", native::make_unary},
    {"Cos", native::make_unary},
    {"Cosh", native::make_unary},
    {"Elu", native::make_unary},
    {"Erf", native::make_unary},
    {"Exp", native::make_unary},
    {"Floor", native::make_unary},
    {"Gelu", native::make_unary},
    {"HardSigmoid", native::make_unary},
    {"HardSwish", native::make_unary},
    {"LeakyRelu", native::make_unary},
    {"Log", native::make_unary},
    {"Mish", native::make_unary},
    {"Neg", native::make_unary},
    {"Reciprocal", native::make_unary},
    {"Relu", native::make_unary},
    {"Round", native::make_unary},
    {"Selu", native::make_unary},
    {"Sigmoid", native::make_unary},
    {"Sign", native::make_unary},
    {"Sin", native::make_unary},
    {"Sinh", native::make_unary},
    {"Softplus", native::make_unary},
    {"Softsign", native::make_unary},
    {"Sqrt", native::make_unary},
    {"Swish", native::make_unary},
    {"Tan", native::make_unary},
    {"Tanh", native::make_unary},
    {"ThresholdedRelu", native::make_unary},
    {"Abs", native::make_plain_unary},
    {"BitwiseNot", native::make_plain_unary},
    {"Ceil", native::make_plain_unary},
    {"Cos", native::make_plain_unary},
    {"Erf", native::make_plain_unary},
    {"Exp", native::make_plain_unary},
    {"Floor", native::make_plain_unary},
    {"IsInf", native::make_plain_unary},
    {"IsNaN", native::make_plain_unary},
    {"Log", native::make_plain_unary},
    {"Neg", native::make_plain_unary},
    {"Reciprocal", native::make_plain_unary},
    {"Relu", native::make_plain_unary},
    {"Round", native::make_plain_unary},
    {"Sigmoid", native::make_plain_unary},
    {"Sign", native::make_plain_unary},
    {"Sin", native::make_plain_unary},
    {"Sqrt", native::make_plain_unary},
    {"Tanh", native::make_plain_unary},
    {"Add", native::make_binary},
    {"Sub", native::make_binary},
    {"Mul", native::make_binary},
    {"Div", native::make_binary},
    {"Pow", native::make_constant_power},
    {"Pow", native::make_binary},
    {"Pow", native::make_mixed_power},
    {"And", native::make_binary},
    {"Or", native::make_binary},
    {"Xor", native::make_binary},
    {"Equal", native::make_binary},
    {"Greater", native::make_binary},
    {"GreaterOrEqual", native::make_binary},
    {"Less", native::make_binary},
    {"LessOrEqual", native::make_binary},
    {"Max", native::make_binary},
    {"Min", native::make_binary},
    {"Mean", native::make_binary},
    {"Sum", native::make_binary},
    {"PRelu", native::make_binary},
    {"Mod", native::make_binary},
    {"BitShift", native::make_binary},
    {"BitwiseAnd", native::make_binary},
    {"BitwiseOr", native::make_binary},
    {"BitwiseXor", native::make_binary},
    {"Clip", native::make_clip},
    {"Cast", native::make_cast},
    {"CastLike", native::make_cast},
    {"QuantizeLinear", native::make_quantize},
    {"DequantizeLinear", native::make_dequantize},
    {"Dropout", native::make_dropout},
    {"Not", native::make_not},
    {"Where", native::make_where},
};

// Operators whose `evaluate` picks, finds or draws; most have outputs whose shapes depend on data.
constexpr std::string_view kWithoutArithmetic[] = {
    "Compress",      "ConstantOfShape", "CounterUniform", "NonMaxSuppression", "NonZero", "Range",
    "TensorScatter", "TfIdfVectorizer", "Unique",
};

/// The rows of a table by their operators, in the order in which they are tried.
class Makers {
 public:
  explicit Makers(std::span<const KernelEntry> table) {
    for (const KernelEntry& entry : table) makers_[entry.op].push_back(entry.make);
  }

  std::span<const MakeKernel> of(const OpDef& op) const {
    const auto found = makers_.find(op.name);
    return found == makers_.end() ? std::span<const MakeKernel>() : found->second;
  }
  std::unique_ptr<Kernel> make(const KernelRequest& request) const {
    for (const MakeKernel make : of(request.node.op())) {
      if (auto kernel = make(request)) return kernel;
    }
    return nullptr;
  }

 private:
  std::unordered_map<std::string_view, std::vector<MakeKernel>> makers_;
};

const Makers& own_makers() {
  static const Makers makers(kOwnKernels);
  return makers;
}

const Makers& onednn_makers() {
  static const Makers makers(kOnednnKernels);
  return makers;
}

/// A kernel made for the types of the node, or nullptr.
std::unique_ptr<Kernel> make_direct_kernel(const KernelRequest& request) {
  static const Makers choices(kChoices);
  const bool prefers_onednn = request.kernels == KernelChoice::kOnednn;
  const Makers& preferred = prefers_onednn ? onednn_makers() : choices;
  if (auto kernel = preferred.make(request)) return kernel;
  if (auto kernel = own_makers().make(request)) return kernel;
  return prefers_onednn ? nullptr : onednn_makers().make(request);
}

}  // namespace

std::unique_ptr<Kernel> make_kernel(const KernelRequest& request) {
  if (auto kernel = make_direct_kernel(request)) return kernel;
  if (auto kernel = make_widened_kernel(request, make_direct_kernel)) return kernel;
  return make_evaluate_kernel(request);
}

bool has_own_kernel(const OpDef& op) { return !own_makers().of(op).empty(); }

bool has_onednn_kernel(const OpDef& op) { return !onednn_makers().of(op).empty(); }

bool is_arithmetic(const OpDef& op) {
  const auto holds_any = [](const Port& port) { return port.holds_any; };
  const auto is_graph = [](const AttrDef& attr) { return attr.kind == AttrDef::Kind::kGraph; };
  return !op.reads_only_shapes && !op.is_random && !can_be_view(op) &&
         std::ranges::none_of(op.inputs, holds_any) &&
         std::ranges::none_of(op.outputs, holds_any) && std::ranges::none_of(op.attrs, is_graph) &&
         std::ranges::find(kWithoutArithmetic, op.name) == std::end(kWithoutArithmetic);
}

}  // namespace gatefold
