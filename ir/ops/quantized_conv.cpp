#include <algorithm>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/conv.h"
#include "ir/ops/convolve.h"
#include "ir/ops/ops.h"
#include "ir/ops/quantization.h"

namespace gatefold::ops {
namespace {

constexpr DataTypeSet kFloat32Type{DataType::kFloat32};
constexpr DataTypeSet kInt32Type{DataType::kInt32};

enum : std::size_t { kX, kXScale, kXZeroPoint, kW, kWScale, kWZeroPoint, kYScale, kYZeroPoint, kB };

/// The one number of input `index`, 0 if the input is missing.
double single(const EvaluateContext& context, std::size_t index) {
  if (!context.has_input(index)) return 0;
  const Tensor& tensor = context.input(index);
  if (tensor.size() != 1) {
    context.fail("input {} has {} elements but must have one",
                 context.node().op().inputs[index].name, tensor.size());
  }
  return tensor.number_at(0);
}

/// Input `index` for each of `channels` output channels; a scalar counts for all, a missing input
/// as 0.
std::vector<double> per_channel(const EvaluateContext& context, std::size_t index,
                                std::int64_t channels) {
  std::vector<double> numbers(channels, 0.0);
  if (!context.has_input(index)) return numbers;
  const Tensor& tensor = context.input(index);
  if (tensor.size() != 1 && tensor.size() != channels) {
    context.fail("input {} has {} elements but must have one, or one for each of {} channels",
                 context.node().op().inputs[index].name, tensor.size(), channels);
  }
  for (std::int64_t i = 0; i < channels; ++i) {
    numbers[i] = tensor.number_at(tensor.size() == 1 ? 0 : i);
  }
  return numbers;
}

/// The elements less their zero points; `zeros` belong to equal parts of the tensor.
std::vector<std::int32_t> centered(const Tensor& tensor, const std::vector<double>& zeros) {
  std::vector<std::int32_t> result(tensor.size());
  const auto parts = static_cast<std::int64_t>(zeros.size());
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    result[i] = static_cast<std::int32_t>(tensor.number_at(i) - zeros[i * parts / tensor.size()]);
  }
  return result;
}

struct Operands {
  std::size_t x, x_zero_point, w, w_zero_point, bias;
};

constexpr Operands kIntegerOperands{0, 2, 1, 3, 4};  // ConvInteger has no input 4, a bias.
constexpr Operands kScaledOperands{kX, kXZeroPoint, kW, kWZeroPoint, kB};

/// The convolution of bytes less their zero points, in 32-bit integers.
std::vector<std::int32_t> convolve_integers(const EvaluateContext& context,
                                            const Operands& operands, const ConvExtents& extents) {
  const Tensor& w = context.input(operands.w);
  const auto x_values =
      centered(context.input(operands.x), {single(context, operands.x_zero_point)});
  const auto w_values = centered(w, per_channel(context, operands.w_zero_point, w.dims()[0]));
  const bool has_bias = context.has_input(operands.bias);
  const auto* bias = has_bias ? context.input(operands.bias).data<std::int32_t>() : nullptr;
  std::vector<std::int32_t> y(element_count(extents.output));
  convolve(extents, x_values.data(), w_values.data(), bias, y.data());
  return y;
}

void infer_integer(InferContext& context) {
  infer_conv(context, kIntegerOperands.w, kIntegerOperands.bias, DataType::kInt32);
}

void evaluate_integer(EvaluateContext& context) {
  const ConvExtents extents =
      conv_extents(context.node(), context.input(0).dims(), context.input(1).dims());
  Tensor& y = context.output(0, DataType::kInt32, extents.output);
  const auto values = convolve_integers(context, kIntegerOperands, extents);
  std::copy(values.begin(), values.end(), y.data<std::int32_t>());
}

void infer_scaled(InferContext& context) {
  infer_conv(context, kW, kB, context.dtype(kYZeroPoint));
}

void evaluate_scaled(EvaluateContext& context) {
  const ConvExtents extents =
      conv_extents(context.node(), context.input(kX).dims(), context.input(kW).dims());
  const DataType dtype = context.input(kYZeroPoint).dtype();
  Tensor& y = context.output(0, dtype, extents.output);
  const auto values = convolve_integers(context, kScaledOperands, extents);
  const std::int64_t channels = extents.output[1];
  const std::int64_t positions =
      element_count(Dims(extents.output.begin() + 2, extents.output.end()));
  const double scale = single(context, kXScale) / single(context, kYScale);
  const std::vector<double> w_scales = per_channel(context, kWScale, channels);
  const auto zero = static_cast<std::int64_t>(single(context, kYZeroPoint));
  dispatch<std::int8_t, std::uint8_t>(dtype, [&]<typename T>() {
    for (std::int64_t i = 0; i < y.size(); ++i) {
      const double w_scale = w_scales[i / positions % channels];
      y.data<T>()[i] = quantize<T>(values[i] * scale * w_scale, zero);
    }
  });
}

}  // namespace

std::vector<OpDef> quantized_conv() {
  return {
      {
          .name = "ConvInteger",
          .doc = "Conv of bytes less their zero points, in 32-bit integers.\n"
                 "Shapes: x and w as Conv, x_zero_point scalar, w_zero_point scalar or [M] -> y as "
                 "Conv\n"
                 "Formula: y = Conv(x - x_zero_point, w - w_zero_point)\n"
                 "Source: ONNX ConvInteger-10",
          .since = 10,
          .inputs = {{"x", "T1", kQuantizedByteTypes},
                     {"w", "T2", kQuantizedByteTypes},
                     {"x_zero_point", "T1", kQuantizedByteTypes, Port::Arity::kOptional},
                     {"w_zero_point", "T2", kQuantizedByteTypes, Port::Arity::kOptional}},
          .outputs = {{"y", {}, kInt32Type}},
          .attrs = conv_attrs(),
          .infer = infer_integer,
          .evaluate = evaluate_integer,
      },
      {
          .name = "QLinearConv",
          .doc =
              "Conv of quantized tensors with a quantized result.\n"
              "Shapes: x, w, B and y as Conv; scales and zero points scalar, those of w also [M]\n"
              "Formula: y = saturate(round((Conv(x - x_zero_point, w - w_zero_point) + B) "
              "x_scale w_scale / y_scale) + y_zero_point), halves to even\n"
              "Source: ONNX QLinearConv-10",
          .since = 10,
          .inputs = {{"x", "T1", kQuantizedByteTypes},
                     {"x_scale", {}, kFloat32Type},
                     {"x_zero_point", "T1", kQuantizedByteTypes},
                     {"w", "T2", kQuantizedByteTypes},
                     {"w_scale", {}, kFloat32Type},
                     {"w_zero_point", "T2", kQuantizedByteTypes},
                     {"y_scale", {}, kFloat32Type},
                     {"y_zero_point", "T3", kQuantizedByteTypes},
                     {"B", {}, kInt32Type, Port::Arity::kOptional}},
          .outputs = {{"y", "T3", kQuantizedByteTypes}},
          .attrs = conv_attrs(),
          .infer = infer_scaled,
          .evaluate = evaluate_scaled,
      },
  };
}

}  // namespace gatefold::ops
