#include <algorithm>

#include "ir/op_def.h"
#include "passes/passes.h"
#include "passes/rewriting/match.h"
#include "passes/rewriting/rewrite.h"

namespace gatefold::passes {
namespace {

using Ints = std::vector<std::int64_t>;

/// y = factor * (x - mean) + shift for every channel; each is [C].
struct ChannelScale {
  Value* factor = nullptr;
  Value* mean = nullptr;
  Value* shift = nullptr;
};

// Numbers that will not change: of a normalization with fixed moments.
bool is_known(const Node& normalization, const Rewriter& rewriter) {
  if (normalization.attr_int("training_mode") != 0) return false;
  for (std::size_t port = 1; port < normalization.input_count(); ++port) {
    if (rewriter.constant(normalization.input(port)) == nullptr) return false;
  }
  return true;
}

// The same for a bias, also where fold_addend has just made it.
bool is_known(const Value* bias, const Rewriter& rewriter) {
  if (rewriter.constant(bias) != nullptr) return true;
  const Node* sum = producer_of(bias, "Add");
  if (sum == nullptr) sum = producer_of(bias, "Reshape");
  return sum != nullptr &&
         std::all_of(sum->inputs().begin(), sum->inputs().end(),
                     [&](const Value* value) { return is_known(value, rewriter); });
}

ChannelScale build_scale(const Node& normalization, Rewriter& rewriter) {
  const Tensor epsilon = Tensor::scalar(normalization.attr_float("epsilon"));
  Value* variance = normalization.input(4);
  Value* widened = rewriter.add(
      "Add",
      {variance, rewriter.add_constant("epsilon", epsilon.converted(variance->type().dtype))});
  Value* factor = rewriter.add("Div", {normalization.input(1), rewriter.add("Sqrt", {widened})});
  return {factor, normalization.input(3), normalization.input(2)};
}

// The weights times [C], which counts `axis` of them.
Value* scale_axis(Value* weights, std::int64_t axis, Value* factor, Rewriter& rewriter) {
  Ints axes;
  for (std::int64_t i = 0; i < weights->type().rank(); ++i) {
    if (i != axis) axes.push_back(i);
  }
  return rewriter.add("Mul",
                      {weights, rewriter.add("Unsqueeze", {factor, rewriter.add_ints(axes)})});
}

Value* scale_conv(const Node& conv, Value* factor, Rewriter& rewriter) {
  return scale_axis(conv.input(1), 0, factor, rewriter);
}

// [inputs, C / groups, k..]: every group of inputs has output channels of its own.
Value* scale_conv_transpose(const Node& conv, Value* factor, Rewriter& rewriter) {
  const Dims dims = conv.input(1)->type().dims();
  Ints grouped(dims.begin(), dims.end());
  const std::int64_t groups = conv.attr_int("group");
  grouped[0] /= groups;
  grouped.insert(grouped.begin(), groups);
  Ints factors(grouped.size(), 1);
  factors[0] = groups;
  factors[2] = dims[1];
  const auto reshape = [&](Value* value, const Ints& shape) {
    return rewriter.add("Reshape", {value, rewriter.add_ints(shape)});
  };
  Value* product = rewriter.add("Mul", {reshape(conv.input(1), grouped), reshape(factor, factors)});
  return reshape(product, Ints(dims.begin(), dims.end()));
}

Value* scale_gemm(const Node& gemm, Value* factor, Rewriter& rewriter) {
  const Value* addend = gemm.input(2);
  const bool is_plain = gemm.attr_float("alpha") == 1.0F && gemm.attr_float("beta") == 1.0F;
  if (!is_plain || (addend != nullptr && addend->type().rank() != 1)) return nullptr;
  return scale_axis(gemm.input(1), gemm.attr_int("transB") != 0 ? 0 : 1, factor, rewriter);
}

/// An operator whose result is linear in its weights, input 1, to which it adds input 2.
struct LinearOp {
  std::string_view op;
  /// The weights with every output channel scaled; nullptr where one cannot say so.
  Value* (*scale)(const Node& node, Value* factor, Rewriter& rewriter);
};

constexpr LinearOp kLinearOps[] = {
    {"Conv", scale_conv},
    {"ConvTranspose", scale_conv_transpose},
    {"Gemm", scale_gemm},
};

// BatchNormalization (f (x, w, b)) -> f (x, w * factor, (b - mean) * factor + shift)
std::optional<Replacement> fold(Node& node, Rewriter& rewriter) {
  const Value* data = node.input(0);
  if (data->producer() == nullptr || !data->producer()->op().domain.empty()) return std::nullopt;
  const Node& linear = *data->producer();
  const auto* row = std::find_if(std::begin(kLinearOps), std::end(kLinearOps),
                                 [&](const LinearOp& r) { return r.op == linear.op().name; });
  if (row == std::end(kLinearOps) || !is_known(node, rewriter)) return std::nullopt;
  const bool has_known_bias = linear.input(2) == nullptr || is_known(linear.input(2), rewriter);
  if (rewriter.constant(linear.input(1)) == nullptr || !has_known_bias) {
    return rewriter.no_match("the weights of {} are not known", linear.describe());
  }
  if (!is_used_once(*data)) {
    return rewriter.no_match("the result of {} is used elsewhere", linear.describe());
  }
  const ChannelScale scale = build_scale(node, rewriter);
  std::vector<Value*> inputs = linear.inputs();
  inputs.resize(3);
  inputs[1] = row->scale(linear, scale.factor, rewriter);
  if (inputs[1] == nullptr) {
    return rewriter.no_match("{} does more than multiply and add a vector", linear.describe());
  }
  Value* centered = inputs[2] == nullptr ? rewriter.add("Neg", {scale.mean})
                                         : rewriter.add("Sub", {inputs[2], scale.mean});
  inputs[2] = rewriter.add("Add", {rewriter.add("Mul", {centered, scale.factor}), scale.shift});
  return Replacement{rewriter.add(linear.op().name, inputs, linear.attrs())};
}

std::int64_t output_channels(const Node& conv) {
  const Dims weights = conv.input(1)->type().dims();
  return conv.op().name == "Conv" ? weights[0] : weights[1] * conv.attr_int("group");
}

/// Whether there is one number for each channel of values with `rank` axes, the second of which
/// counts the channels.
bool is_per_channel(const Tensor& numbers, std::int64_t rank, std::int64_t channels) {
  const auto behind = static_cast<std::size_t>(rank - 2);  // Axes behind the channels'.
  const Dims& dims = numbers.dims();
  if (numbers.size() != channels || dims.size() > behind + 2) return false;
  return channels == 1 || (dims.size() > behind && dims[dims.size() - 1 - behind] == channels);
}

// Add (f (x, w, b), c) -> f (x, w, b + c) for a convolution f and one number per channel
std::optional<Replacement> fold_addend(Node& node, Rewriter& rewriter) {
  for (const std::size_t port : {0, 1}) {
    Value* addend = node.input(1 - port);
    const Tensor* numbers = rewriter.constant(addend);
    const Node* conv = producer_of(node.input(port), "Conv");
    if (conv == nullptr) conv = producer_of(node.input(port), "ConvTranspose");
    if (conv == nullptr || numbers == nullptr || !conv->input(1)->type().is_static()) continue;
    const std::int64_t channels = output_channels(*conv);
    if (!is_per_channel(*numbers, conv->input(1)->type().rank(), channels)) continue;
    if (!is_used_once(*node.input(port))) {
      return rewriter.no_match("the result of {} is used elsewhere", conv->describe());
    }
    std::vector<Value*> inputs = conv->inputs();
    inputs.resize(3);
    Value* list = rewriter.add("Reshape", {addend, rewriter.add_ints({channels})});
    inputs[2] = inputs[2] == nullptr ? list : rewriter.add("Add", {inputs[2], list});
    return Replacement{rewriter.add(conv->op().name, inputs, conv->attrs())};
  }
  return std::nullopt;
}

constexpr Rule kRules[] = {{"fold", "BatchNormalization", fold},
                           {"fold-addend", "Add", fold_addend}};

}  // namespace

bool fold_batch_normalization(Graph& graph, PassContext& context) {
  return rewrite(graph, context, kRules);
}

}  // namespace gatefold::passes
