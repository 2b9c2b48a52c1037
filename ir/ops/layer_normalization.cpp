#include <algorithm>
#include <array>
#include <cmath>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/index.h"
#include "ir/infer.h"
#include "ir/ops/moments.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

void check_stash_type(const InferContext& context) {
  const std::int64_t stash = context.node().attr_int("stash_type");
  if (stash != static_cast<std::int64_t>(DataType::kFloat32)) {
    context.fail("attribute 'stash_type' is {} but only 1, float, is supported", stash);
  }
}

/// Input `index` must be broadcastable to X without widening it.
void check_broadcastable(const InferContext& context, std::size_t index) {
  if (!context.has_input(index) || !context.has_rank(index)) return;
  const Shape& x = context.shape(0);
  const Shape& given = context.shape(index);
  bool fits = given.size() <= x.size();
  for (std::size_t i = 0; fits && i < given.size(); ++i) {
    const Dim& wide = x[x.size() - given.size() + i];
    fits = given[i].is(1) || !given[i].is_known() || !wide.is_known() || given[i].same_as(wide);
  }
  if (!fits) {
    context.fail("{} is {} but must be broadcastable to X, {}", context.name_of_input(index),
                 to_string(context.input(index)), to_string(context.input(0)));
  }
}

void infer_layer(InferContext& context) {
  check_stash_type(context);
  context.set_output(0, context.input(0));
  Type statistics(DataType::kFloat32, std::nullopt);
  if (context.has_rank(0)) {
    check_broadcastable(context, 1);
    check_broadcastable(context, 2);
    const auto axis = context.axis(context.node().attr_int("axis"), context.rank(0));
    statistics.shape = context.shape(0);
    std::fill(statistics.shape->begin() + axis, statistics.shape->end(), Dim(1));
  }
  context.set_output(1, statistics);
  context.set_output(2, statistics);
}

void infer_rms(InferContext& context) {
  check_stash_type(context);
  if (context.has_rank(0)) {
    context.axis(context.node().attr_int("axis"), context.rank(0));
    check_broadcastable(context, 1);
  }
  context.set_output(0, {context.dtype(1), context.input(0).shape});
}

/// The extents before and from the attribute axis on.
struct Rows {
  Dims statistics;  ///< X's extents with 1 from the axis on.
  std::int64_t count = 1;
  std::int64_t length = 1;
};

Rows rows_of(const EvaluateContext& context) {
  const Dims& x = context.input(0).dims();
  const auto axis = context.axis(context.node().attr_int("axis"), context.input(0).rank());
  Rows rows;
  rows.statistics = x;
  std::fill(rows.statistics.begin() + axis, rows.statistics.end(), 1);
  rows.count = element_count(rows.statistics);
  rows.length = element_count(Dims(x.begin() + axis, x.end()));
  return rows;
}

/// y = y * scale + bias, both broadcast; `bias` may be nullptr.
template <typename Y>
void scale_and_shift(const Tensor& scale, const Tensor* bias, Tensor& output) {
  const Dims& dims = output.dims();
  const Dims scale_strides = broadcast_strides(scale.dims(), dims);
  const Dims bias_strides =
      bias == nullptr ? Dims(dims.size(), 0) : broadcast_strides(bias->dims(), dims);
  Y* y = output.data<Y>();
  for_each_index<2>(dims, {scale_strides, bias_strides}, [&](const auto& offsets) {
    const double shift = bias == nullptr ? 0 : bias->number_at(offsets[1]);
    *y = static_cast<Y>(*y * scale.number_at(offsets[0]) + shift);
    ++y;
  });
}

template <typename T>
void normalize_layer(EvaluateContext& context) {
  const Tensor& x = context.input(0);
  const Rows rows = rows_of(context);
  const double epsilon = context.node().attr_float("epsilon");
  Tensor& y = context.output(0, x.dtype(), x.dims());
  std::vector<Moments> moments;
  for (std::int64_t row = 0; row < rows.count; ++row) {
    const T* source = x.data<T>() + row * rows.length;
    moments.push_back(moments_of(source, rows.length));
    const double inverse = 1 / std::sqrt(moments.back().variance + epsilon);
    T* target = y.data<T>() + row * rows.length;
    for (std::int64_t i = 0; i < rows.length; ++i) {
      target[i] = static_cast<T>((source[i] - moments.back().mean) * inverse);
    }
  }
  scale_and_shift<T>(context.input(1), context.has_input(2) ? &context.input(2) : nullptr, y);
  const DataType stash = context.compute_type(DataType::kFloat32);
  dispatch_float(stash, [&]<typename U>() {
    U* mean = context.output(1, stash, rows.statistics).template data<U>();
    for (const Moments& row : moments) *mean++ = static_cast<U>(row.mean);
    U* inverse = context.output(2, stash, rows.statistics).template data<U>();
    for (const Moments& row : moments) {
      *inverse++ = static_cast<U>(1 / std::sqrt(row.variance + epsilon));
    }
  });
}

void evaluate_layer(EvaluateContext& context) {
  dispatch_float(context.input(0).dtype(), [&]<typename T>() { normalize_layer<T>(context); });
}

template <typename X, typename Y>
void normalize_rms(EvaluateContext& context) {
  const Tensor& x = context.input(0);
  const Tensor& scale = context.input(1);
  const Rows rows = rows_of(context);
  Tensor& output = context.output(0, scale.dtype(), x.dims());
  for (std::int64_t row = 0; row < rows.count; ++row) {
    const X* source = x.data<X>() + row * rows.length;
    double squares = 0;
    for (std::int64_t i = 0; i < rows.length; ++i) {
      squares += static_cast<double>(source[i]) * static_cast<double>(source[i]);
    }
    const double mean_square = squares / static_cast<double>(rows.length);
    const double inverse = 1 / std::sqrt(mean_square + context.node().attr_float("epsilon"));
    Y* target = output.data<Y>() + row * rows.length;
    for (std::int64_t i = 0; i < rows.length; ++i) target[i] = static_cast<Y>(source[i] * inverse);
  }
  scale_and_shift<Y>(scale, nullptr, output);
}

void evaluate_rms(EvaluateContext& context) {
  dispatch_float(context.input(0).dtype(), [&]<typename X>() {
    dispatch_float(context.input(1).dtype(), [&]<typename Y>() { normalize_rms<X, Y>(context); });
  });
}

}  // namespace

std::vector<OpDef> layer_normalization() {
  const std::vector<AttrDef> attrs = {{"axis", AttrDef::Kind::kInt, -1},
                                      {"epsilon", AttrDef::Kind::kFloat, 1e-5F},
                                      {"stash_type", AttrDef::Kind::kInt, 1}};
  return {{
              .name = "LayerNormalization",
              .doc = "Gives every row, the elements from axis on, mean 0 and variance 1, then "
                     "scales and shifts.\n"
                     "Shapes: X [a..,b..], Scale and B broadcastable to X -> Y [a..,b..], Mean and "
                     "InvStdDev [a..,1..]\n"
                     "Formula: Y = (X - Mean) * InvStdDev * Scale + B, "
                     "InvStdDev = 1 / sqrt(Var + epsilon)\n"
                     "Source: ONNX LayerNormalization-17",
              .since = 17,
              .inputs = {{"X", "T", kFloatTypes},
                         {"Scale", "T", kFloatTypes},
                         {"B", "T", kFloatTypes, Port::Arity::kOptional}},
              .outputs = {{"Y", "T", kFloatTypes},
                          {"Mean", "U", kFloatTypes, Port::Arity::kOptional},
                          {"InvStdDev", "U", kFloatTypes, Port::Arity::kOptional}},
              .attrs = attrs,
              .infer = infer_layer,
              .evaluate = evaluate_layer,
          },
          {
              .name = "RMSNormalization",
              .doc = "Divides every row, the elements from axis on, by its root mean square, then "
                     "scales.\n"
                     "Shapes: X [a..,b..], scale broadcastable to X -> Y [a..,b..]\n"
                     "Formula: Y = X / sqrt(mean(X^2) + epsilon) * scale\n"
                     "Source: ONNX RMSNormalization-23",
              .since = 23,
              .inputs = {{"X", "T", kFloatTypes}, {"scale", "V", kFloatTypes}},
              .outputs = {{"Y", "V", kFloatTypes}},
              .attrs = attrs,
              .infer = infer_rms,
              .evaluate = evaluate_rms,
          }};
}

}  // namespace gatefold::ops
