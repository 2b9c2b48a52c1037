#include <cmath>
#include <limits>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/ops.h"
#include "ir/ops/spatial_window.h"

namespace gatefold::ops {
namespace {

constexpr DataTypeSet kMaxPoolTypes = kFloatTypes | DataTypeSet(DataType::kInt8, DataType::kUint8);

void infer(InferContext& context) {
  Type result(context.dtype(0), std::nullopt);
  if (context.has_rank(0)) {
    const Shape spatial = spatial_shape(context, 0);
    const WindowAttrs attrs = read_window_attrs(context.node(), spatial.size());
    if (attrs.kernel.empty()) context.fail("attribute 'kernel_shape' is empty");
    result.shape = Shape{context.shape(0)[0], context.shape(0)[1]};
    for (std::size_t i = 0; i < spatial.size(); ++i) {
      result.shape->push_back(infer_window(context.node(), attrs, i, spatial[i], attrs.kernel[i]));
    }
  }
  context.set_output(0, result);
  result.dtype = DataType::kInt64;
  context.set_output(1, result);
}

/// The windows over X, and how many planes they are moved over.
struct Pooling {
  explicit Pooling(const EvaluateContext& context)
      : windows(place_windows(context.node(), context.input(0).dims(),
                              context.node().attr_ints("kernel_shape"))),
        planes(context.input(0).dims()[0] * context.input(0).dims()[1]),
        output(context.input(0).dims()) {
    const std::size_t missing = kMaxSpatialAxes + 2 - output.size();
    for (std::size_t i = 2; i < output.size(); ++i) output[i] = windows[i - 2 + missing].output;
  }
  Windows windows;
  std::int64_t planes;
  Dims output;
};

/// Moves `summary` over every window: summary.start(), summary.add(value) for each tap,
/// summary.result(place).
template <typename T, typename Summary>
void pool(EvaluateContext& context, Summary summary) {
  const Tensor& input = context.input(0);
  const Pooling pooling(context);
  T* y = context.output(0, input.dtype(), pooling.output).template data<T>();
  const T* x = input.data<T>();
  for (std::int64_t plane = 0; plane < pooling.planes; ++plane) {
    for_each_window(pooling.windows, [&](const WindowPlace& place) {
      summary.start();
      for_each_tap(pooling.windows, place,
                   [&](std::int64_t offset) { summary.add(static_cast<double>(x[offset])); });
      *y++ = static_cast<T>(summary.result(pooling.windows, place));
    });
    x += input_count(pooling.windows);
  }
}

struct Average {
  bool counts_padding = false;
  double sum = 0;
  std::int64_t count = 0;

  void start() { sum = 0, count = 0; }
  void add(double value) { sum += value, ++count; }
  double result(const Windows& windows, const WindowPlace& place) const {
    if (!counts_padding) return sum / static_cast<double>(count);
    std::int64_t padded = 1;
    for (std::size_t i = 0; i < place.size(); ++i) padded *= windows[i].padded_taps_of(place[i]);
    return sum / static_cast<double>(padded);
  }
};

struct Norm {
  double p = 2;
  double sum = 0;

  void start() { sum = 0; }
  void add(double value) { sum += std::pow(std::abs(value), p); }
  double result(const Windows&, const WindowPlace&) const { return std::pow(sum, 1 / p); }
};

void evaluate_average(EvaluateContext& context) {
  const bool counts_padding = context.node().attr_int("count_include_pad") != 0;
  dispatch_float(context.input(0).dtype(), [&]<typename T>() {
    pool<T>(context, Average{.counts_padding = counts_padding});
  });
}

void evaluate_lp(EvaluateContext& context) {
  const auto p = static_cast<double>(context.node().attr_int("p"));
  dispatch_float(context.input(0).dtype(), [&]<typename T>() { pool<T>(context, Norm{.p = p}); });
}

/// The number of a position within a plane, counted along the first axis.
std::int64_t column_major(const Windows& windows, std::int64_t offset) {
  const std::int64_t width = windows[2].input;
  const std::int64_t height = windows[1].input;
  const std::int64_t w = offset % width;
  const std::int64_t h = offset / width % height;
  const std::int64_t d = offset / width / height;
  return d + windows[0].input * (h + height * w);
}

/// NaN is better than any number.
template <typename T>
bool is_better(T x, T best) {
  return x > best || (x != x && best == best);
}

template <typename T>
void pool_max(EvaluateContext& context) {
  using Limits = std::numeric_limits<T>;
  constexpr T kLeast = Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
  const Tensor& input = context.input(0);
  const Pooling pooling(context);
  const bool by_column = context.node().attr_int("storage_order") != 0;
  T* y = context.output(0, input.dtype(), pooling.output).template data<T>();
  auto* indices = context.output(1, DataType::kInt64, pooling.output).data<std::int64_t>();
  const std::int64_t size = input_count(pooling.windows);
  for (std::int64_t plane = 0; plane < pooling.planes; ++plane) {
    const T* x = input.data<T>() + plane * size;
    for_each_window(pooling.windows, [&](const WindowPlace& place) {
      std::int64_t best = -1;
      for_each_tap(pooling.windows, place, [&](std::int64_t offset) {
        if (best < 0 || is_better(x[offset], x[best])) best = offset;
      });
      *y++ = best < 0 ? kLeast : x[best];
      *indices++ = plane * size + (by_column ? column_major(pooling.windows, best) : best);
    });
  }
}

void evaluate_max(EvaluateContext& context) {
  dispatch<float, double, std::int8_t, std::uint8_t>(context.input(0).dtype(),
                                                     [&]<typename T>() { pool_max<T>(context); });
}

std::vector<AttrDef> window_attrs(std::int64_t since_ceil_mode, std::int64_t since_dilations,
                                  AttrDef more) {
  std::vector<AttrDef> attrs = {
      {"auto_pad", AttrDef::Kind::kString, "NOTSET"},
      {.name = "ceil_mode",
       .kind = AttrDef::Kind::kInt,
       .default_value = 0,
       .since = since_ceil_mode},
      {.name = "dilations", .kind = AttrDef::Kind::kInts, .since = since_dilations},
      {.name = "kernel_shape", .kind = AttrDef::Kind::kInts, .is_required = true},
      {"pads", AttrDef::Kind::kInts},
      {"strides", AttrDef::Kind::kInts}};
  attrs.push_back(std::move(more));
  return attrs;
}

}  // namespace

std::vector<OpDef> pool() {
  return {
      {
          .name = "MaxPool",
          .doc = "The largest element of every window, padding left out, and where it was; NaN "
                 "wins, the "
                 "first one of several.\n"
                 "Shapes: X [N,C,s..] -> Y, Indices [N,C,o..]; o as in Conv, rounded up with "
                 "ceil_mode\n"
                 "Formula: Y[n,c,o] = max_k X[n,c,o*stride + k*dilation - pad_begin]\n"
                 "Source: ONNX MaxPool-22",
          .since = 12,
          .inputs = {{"X", "T", kMaxPoolTypes}},
          .outputs = {{"Y", "T", kMaxPoolTypes},
                      {"Indices", "I", kInt64Type, Port::Arity::kOptional}},
          .attrs = window_attrs(10, 10, {"storage_order", AttrDef::Kind::kInt, 0}),
          .infer = infer,
          .evaluate = evaluate_max,
      },
      {
          .name = "AveragePool",
          .doc = "The mean of every window; padding counts only with count_include_pad.\n"
                 "Shapes: X [N,C,s..] -> Y [N,C,o..]; o as in Conv, rounded up with ceil_mode\n"
                 "Formula: Y[n,c,o] = sum_k X[n,c,o*stride + k*dilation - pad_begin] / taps\n"
                 "Source: ONNX AveragePool-22",
          .since = 10,
          .inputs = {{"X", "T", kFloatTypes}},
          .outputs = {{"Y", "T", kFloatTypes}},
          .attrs = window_attrs(10, 19, {"count_include_pad", AttrDef::Kind::kInt, 0}),
          .infer = infer,
          .evaluate = evaluate_average,
      },
      {
          .name = "LpPool",
          .doc = "The p-norm of every window.\n"
                 "Shapes: X [N,C,s..] -> Y [N,C,o..]; o as in Conv, rounded up with ceil_mode\n"
                 "Formula: Y[n,c,o] = (sum_k |X[n,c,o*stride + k*dilation - pad_begin]|^p)^(1/p)\n"
                 "Source: ONNX LpPool-22",
          .since = 2,
          .inputs = {{"X", "T", kFloatTypes}},
          .outputs = {{"Y", "T", kFloatTypes}},
          .attrs = window_attrs(18, 18, {"p", AttrDef::Kind::kInt, 2}),
          .infer = infer,
          .evaluate = evaluate_lp,
      },
  };
}

}  // namespace gatefold::ops
