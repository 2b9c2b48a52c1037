#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/maximum.h"
#include "ir/ops/ops.h"
#include "ir/ops/quantization.h"

namespace gatefold {

ScaleMap::ScaleMap(const Dims& x, const Dims& scale, std::int64_t axis, std::int64_t block) {
  if (element_count(scale) == 1 && block == 0) return;
  extent_ = std::max<std::int64_t>(1, x[axis]);
  inner_ = element_count(Dims(x.begin() + axis + 1, x.end()));
  inner_ = std::max<std::int64_t>(1, inner_);
  axis_step_ = 1;
  block_ = block;
  if (block > 0) blocks_ = scale[axis];
}

namespace ops {
namespace {

constexpr DataTypeSet kHighPrecision{DataType::kFloat32, DataType::kFloat16, DataType::kBfloat16};
constexpr DataTypeSet kLowPrecision{DataType::kInt8, DataType::kUint8, DataType::kInt16,
                                    DataType::kUint16};
constexpr DataTypeSet kInt32Type{DataType::kInt32};

enum : std::size_t { kX, kScale, kZeroPoint };

/// True unless the shape surely has more or fewer elements than one.
bool may_be_single(const Shape& shape) {
  return std::all_of(shape.begin(), shape.end(),
                     [](const Dim& dim) { return !dim.is_known() || dim.is(1); });
}

/// Checks the scale against x: one element, or [extent of axis], or blocks along the axis.
template <typename Context>
void check_scale(const Context& context, const Shape& x, const Shape& scale) {
  const std::int64_t block = context.node().attr_int("block_size");
  if (block < 0) context.fail("block_size is {} but must not be negative", block);
  if (block == 0 && may_be_single(scale)) return;
  const auto rank = static_cast<std::int64_t>(x.size());
  const std::int64_t axis = context.axis(context.node().attr_int("axis"), rank);
  Shape wanted = block == 0 ? Shape{x[axis]} : x;
  if (block > 0) {
    wanted[axis] = x[axis].is_known() ? Dim((x[axis].size() + block - 1) / block) : Dim();
  }
  bool fits = wanted.size() == scale.size();
  for (std::size_t i = 0; fits && i < scale.size(); ++i) {
    fits = !wanted[i].is_known() || !scale[i].is_known() || wanted[i] == scale[i];
  }
  if (!fits) {
    context.fail(
        "the scale has shape {} but for x of shape {}, axis {} and block_size {} it must be "
        "a scalar or {}",
        to_string(scale), to_string(x), axis, block, to_string(wanted));
  }
}

/// Checks the zero point against the scale: of the same shape, or both of one element.
template <typename Context>
void check_zero_point(const Context& context, const Shape& scale, const Shape& zero_point) {
  const bool is_blocked = context.node().attr_int("block_size") != 0;
  if (!is_blocked && may_be_single(scale) && may_be_single(zero_point)) return;
  bool fits = scale.size() == zero_point.size();
  for (std::size_t i = 0; fits && i < scale.size(); ++i) {
    fits = !scale[i].is_known() || !zero_point[i].is_known() || scale[i] == zero_point[i];
  }
  if (!fits) {
    context.fail(
        "the scale has shape {} but the zero point {}; they must be equal, or both of one element",
        to_string(scale), to_string(zero_point));
  }
}

void check_shapes(InferContext& context) {
  if (!context.has_rank(kScale)) return;
  const Shape& scale = context.shape(kScale);
  if (context.has_rank(kX)) check_scale(context, context.shape(kX), scale);
  if (context.has_input(kZeroPoint) && context.has_rank(kZeroPoint)) {
    check_zero_point(context, scale, context.shape(kZeroPoint));
  }
}

void check_shapes(const EvaluateContext& context) {
  const auto shape_of = [&](std::size_t index) {
    const Dims& dims = context.input(index).dims();
    return Shape(dims.begin(), dims.end());
  };
  check_scale(context, shape_of(kX), shape_of(kScale));
  if (context.has_input(kZeroPoint)) {
    check_zero_point(context, shape_of(kScale), shape_of(kZeroPoint));
  }
}

ScaleMap scale_map(const EvaluateContext& context) {
  const Tensor& x = context.input(kX);
  const std::int64_t axis = context.node().attr_int("axis");
  return {x.dims(), context.input(kScale).dims(), axis < 0 ? axis + x.rank() : axis,
          context.node().attr_int("block_size")};
}

std::vector<std::int64_t> zero_points(const EvaluateContext& context) {
  if (context.has_input(kZeroPoint)) return context.input(kZeroPoint).to_int64();
  return std::vector<std::int64_t>(context.input(kScale).size(), 0);
}

/// The type stated by attribute output_dtype, kUndefined if none is.
template <typename Context>
DataType stated_type(const Context& context, DataTypeSet allowed) {
  const std::int64_t number = context.node().attr_int("output_dtype");
  const DataType dtype = data_type_from_number(number);
  if (number != 0 && !allowed.contains(dtype)) {
    context.fail("output_dtype {} is not supported for this operator", number);
  }
  return dtype;
}

template <typename Context>
DataType quantized_type(const Context& context, DataType zero_point) {
  const DataType stated = stated_type(context, kLowPrecision);
  if (zero_point == DataType::kUndefined) {
    return stated == DataType::kUndefined ? DataType::kUint8 : stated;
  }
  if (stated != DataType::kUndefined && stated != zero_point) {
    context.fail("output_dtype is {} but the zero point is {}", name_of(stated),
                 name_of(zero_point));
  }
  return zero_point;
}

void infer_quantize(InferContext& context) {
  check_shapes(context);
  const std::int64_t precision = context.node().attr_int("precision");
  if (precision != 0 && data_type_from_number(precision) != DataType::kFloat32) {
    context.fail("precision {} is not supported; 0 and 1 (float) are", precision);
  }
  const bool has_zero_point = context.has_input(kZeroPoint);
  const DataType zero_point = has_zero_point ? context.dtype(kZeroPoint) : DataType::kUndefined;
  context.set_output(0, {quantized_type(context, zero_point), context.input(kX).shape});
}

void evaluate_quantize(EvaluateContext& context) {
  check_shapes(context);
  const Tensor& x = context.input(kX);
  const bool has_zero_point = context.has_input(kZeroPoint);
  const DataType dtype = quantized_type(
      context, has_zero_point ? context.input(kZeroPoint).dtype() : DataType::kUndefined);
  Tensor& y = context.output(0, dtype, x.dims());
  const ScaleMap map = scale_map(context);
  const std::vector<std::int64_t> zeros = zero_points(context);
  dispatch_float(context.input(kScale).dtype(), [&]<typename S>() {
    const S* scale = context.input(kScale).data<S>();
    dispatch_integer(dtype, [&]<typename T>() {
      for (std::int64_t i = 0; i < x.size(); ++i) {
        const std::int64_t k = map(i);
        y.data<T>()[i] = quantize<T>(static_cast<S>(x.number_at(i)) / scale[k], zeros[k]);
      }
    });
  });
}

void infer_dequantize(InferContext& context) {
  check_shapes(context);
  const DataType stated = stated_type(context, kHighPrecision);
  context.set_output(0, {stated == DataType::kUndefined ? context.dtype(kScale) : stated,
                         context.input(kX).shape});
}

void evaluate_dequantize(EvaluateContext& context) {
  check_shapes(context);
  const Tensor& x = context.input(kX);
  const Tensor& scale = context.input(kScale);
  const ScaleMap map = scale_map(context);
  const std::vector<std::int64_t> zeros = zero_points(context);
  Tensor y(DataType::kFloat64, x.dims());
  for (std::int64_t i = 0; i < x.size(); ++i) {
    const std::int64_t k = map(i);
    y.data<double>()[i] = (x.number_at(i) - static_cast<double>(zeros[k])) * scale.number_at(k);
  }
  const DataType stated = context.compute_type(stated_type(context, kHighPrecision));
  context.set_output(0, y.converted(stated == DataType::kUndefined ? scale.dtype() : stated));
}

void infer_dynamic(InferContext& context) {
  context.set_output(0, {DataType::kUint8, context.input(0).shape});
  context.set_output(1, {DataType::kFloat32, Dims{}});
  context.set_output(2, {DataType::kUint8, Dims{}});
}

void evaluate_dynamic(EvaluateContext& context) {
  const Tensor& x = context.input(0);
  Tensor& y = context.output(0, DataType::kUint8, x.dims());
  dispatch_float(x.dtype(), [&]<typename T>() {
    T least = 0;
    T greatest = 0;
    for (const T value : x.values<T>()) {
      least = minimum(value, least);
      greatest = maximum(value, greatest);
    }
    const T range = (greatest - least) / T{255};
    const T scale = range == 0 ? T{1} : range;
    const auto zero = quantize<std::uint8_t>(-least / scale, 0);
    for (std::int64_t i = 0; i < x.size(); ++i) {
      y.data<std::uint8_t>()[i] = quantize<std::uint8_t>(x.data<T>()[i] / scale, zero);
    }
    *context.output(1, x.dtype(), {}).template data<T>() = scale;
    *context.output(2, DataType::kUint8, {}).template data<std::uint8_t>() = zero;
  });
}

AttrDef int_attr(std::string_view name, std::int64_t value, std::int64_t since) {
  return {.name = name, .kind = AttrDef::Kind::kInt, .default_value = value, .since = since};
}

OpDef dequantize() {
  return {
      .name = "DequantizeLinear",
      .doc =
          "Numbers of a float type from integers; scale and zero point per tensor, per index of an "
          "axis or per block of block_size along it.\n"
          "Shapes: x [a.., n, b..], x_scale and x_zero_point of one element each, or [n], or "
          "[a.., n/block, b..] -> y as x\n"
          "Formula: y = (x - x_zero_point) x_scale\n"
          "Source: ONNX DequantizeLinear-24",
      .since = 10,
      .inputs = {{"x", "T1", kLowPrecision | kInt32Type},
                 {"x_scale", {}, kHighPrecision},
                 {"x_zero_point", "T1", kLowPrecision | kInt32Type, Port::Arity::kOptional}},
      .outputs = {{"y", {}, kHighPrecision}},
      .attrs = {int_attr("axis", 1, 13), int_attr("block_size", 0, 21),
                int_attr("output_dtype", 0, 23)},
      .infer = infer_dequantize,
      .evaluate = evaluate_dequantize,
  };
}

OpDef quantize() {
  return {
      .name = "QuantizeLinear",
      .doc =
          "Integers that stand for multiples of a scale; the type is that of the zero point, or "
          "output_dtype, or uint8. Scales as for DequantizeLinear.\n"
          "Formula: y = saturate(round(x / y_scale) + y_zero_point), halves to even\n"
          "Source: ONNX QuantizeLinear-24; `saturate` concerns 8-bit floats only",
      .since = 10,
      .inputs = {{"x", {}, kHighPrecision | kInt32Type},
                 {"y_scale", {}, kHighPrecision},
                 {"y_zero_point", "T3", kLowPrecision, Port::Arity::kOptional}},
      .outputs = {{"y", "T3", kLowPrecision}},
      .attrs = {int_attr("axis", 1, 13), int_attr("saturate", 1, 19), int_attr("block_size", 0, 21),
                int_attr("output_dtype", 0, 21), int_attr("precision", 0, 23)},
      .infer = infer_quantize,
      .evaluate = evaluate_quantize,
  };
}

}  // namespace

std::vector<OpDef> quantize_linear() {
  return {
      quantize(),
      dequantize(),
      {
          .name = "DynamicQuantizeLinear",
          .doc =
              "Quantizes to uint8 with a scale that covers the range of x and zero.\n"
              "Shapes: x [d..] -> y uint8[d..], y_scale scalar, y_zero_point uint8 scalar\n"
              "Formula: y_scale = (max(0, x) - min(0, x)) / 255 (1 if that is 0), y_zero_point = "
              "round(-min(0, x) / y_scale), y = saturate(round(x / y_scale) + y_zero_point)\n"
              "Source: ONNX DynamicQuantizeLinear-11",
          .since = 11,
          .inputs = {{"x", {}, DataTypeSet(DataType::kFloat32)}},
          .outputs = {{"y", {}, DataTypeSet(DataType::kUint8)},
                      {"y_scale", {}, DataTypeSet(DataType::kFloat32)},
                      {"y_zero_point", {}, DataTypeSet(DataType::kUint8)}},
          .infer = infer_dynamic,
          .evaluate = evaluate_dynamic,
      },
  };
}

}  // namespace ops
}  // namespace gatefold
