#include <cmath>

#include "ir/ops/elementwise.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

struct Entry {
  std::string_view name;
  std::int64_t since;
  UnaryPorts ports;
  std::string_view doc;
};

OpDef make_def(const Entry& entry, DataTypeSet types, EvaluateFn evaluate) {
  return {
      .name = entry.name,
      .doc = entry.doc,
      .since = entry.since,
      .inputs = {{entry.ports.input, "T", types}},
      .outputs = {{entry.ports.output, "T", types}},
      .infer = infer_same_as_input,
      .evaluate = evaluate,
  };
}

/// An operator on floats; `Formula` is a captureless lambda.
template <typename Formula>
OpDef on_floats(const Entry& entry, Formula /*formula*/) {
  return make_def(entry, kFloatTypes, [](EvaluateContext& context) {
    dispatch_float(context.input(0).dtype(), [&]<typename T>() { map<T>(context, Formula{}); });
  });
}

/// An operator on floats and integers.
template <typename Formula>
OpDef on_numbers(const Entry& entry, DataTypeSet types, Formula /*formula*/) {
  return make_def(entry, types, [](EvaluateContext& context) {
    dispatch_numeric(context.input(0).dtype(), [&]<typename T>() { map<T>(context, Formula{}); });
  });
}

template <typename T>
T softplus(T x) {
  return std::fmax(x, T{0}) + std::log1p(std::exp(-std::abs(x)));
}

template <typename T>
T negate(T x) {
  return static_cast<T>(-static_cast<Wrapping<T>>(x));
}

template <typename T>
T absolute(T x) {
  if constexpr (std::is_floating_point_v<T>) return std::abs(x);
  return x < T{} ? negate(x) : x;
}

// NaN gives NaN.
template <typename T>
T sign(T x) {
  if (x > T{}) return T{1};
  if constexpr (std::is_signed_v<T>) {
    if (x < T{}) return T{-1};
  }
  return x;
}

}  // namespace

std::vector<OpDef> unary() {
  return {
      on_floats({"Acos", 7, kInputOutput, "Formula: output = acos(input)\nSource: ONNX Acos-22"},
                [](auto x) { return std::acos(x); }),
      on_floats({"Acosh", 9, kInputOutput, "Formula: output = acosh(input)\nSource: ONNX Acosh-22"},
                [](auto x) { return std::acosh(x); }),
      on_floats({"Asin", 7, kInputOutput, "Formula: output = asin(input)\nSource: ONNX Asin-22"},
                [](auto x) { return std::asin(x); }),
      on_floats({"Asinh", 9, kInputOutput, "Formula: output = asinh(input)\nSource: ONNX Asinh-22"},
                [](auto x) { return std::asinh(x); }),
      on_floats({"Atan", 7, kInputOutput, "Formula: output = atan(input)\nSource: ONNX Atan-22"},
                [](auto x) { return std::atan(x); }),
      on_floats({"Atanh", 9, kInputOutput, "Formula: output = atanh(input)\nSource: ONNX Atanh-22"},
                [](auto x) { return std::atanh(x); }),
      on_floats({"Ceil", 6, kXY, "Formula: Y = the least integer >= X\nSource: ONNX Ceil-13"},
                [](auto x) { return std::ceil(x); }),
      on_floats({"Cos", 7, kInputOutput, "Formula: output = cos(input)\nSource: ONNX Cos-22"},
                [](auto x) { return std::cos(x); }),
      on_floats({"Cosh", 9, kInputOutput, "Formula: output = cosh(input)\nSource: ONNX Cosh-22"},
                [](auto x) { return std::cosh(x); }),
      on_floats({"Erf", 9, kInputOutput,
                 "Formula: output = 2 / sqrt(pi) integral of e^(-t^2) for t from 0 to input\n"
                 "Source: ONNX Erf-13"},
                [](auto x) { return std::erf(x); }),
      on_floats({"Exp", 6, kInputOutput, "Formula: output = e^input\nSource: ONNX Exp-13"},
                [](auto x) { return std::exp(x); }),
      on_floats({"Floor", 6, kXY, "Formula: Y = the greatest integer <= X\nSource: ONNX Floor-13"},
                [](auto x) { return std::floor(x); }),
      on_floats({"HardSwish", 14, kXY,
                 "Formula: Y = X max(0, min(1, X / 6 + 1 / 2))\nSource: ONNX HardSwish-22"},
                [](auto x) {
                  using T = decltype(x);
                  return x * std::fmax(T{0}, std::fmin(T{1}, x / 6 + T{0.5}));
                }),
      on_floats({"Log", 6, kInputOutput, "Formula: output = ln(input)\nSource: ONNX Log-13"},
                [](auto x) { return std::log(x); }),
      on_floats({"Mish", 18, kXY, "Formula: Y = X tanh(ln(1 + e^X))\nSource: ONNX Mish-22"},
                [](auto x) { return x * std::tanh(softplus(x)); }),
      on_floats({"Reciprocal", 6, kXY, "Formula: Y = 1 / X\nSource: ONNX Reciprocal-13"},
                [](auto x) { return 1 / x; }),
      on_floats({"Round", 11, kXY,
                 "Formula: Y = the integer nearest to X, the even one of two\n"
                 "Source: ONNX Round-22"},
                [](auto x) { return std::nearbyint(x); }),
      on_floats({"Sigmoid", 6, kXY, "Formula: Y = 1 / (1 + e^-X)\nSource: ONNX Sigmoid-13"},
                [](auto x) { return 1 / (1 + std::exp(-x)); }),
      on_floats({"Sin", 7, kInputOutput, "Formula: output = sin(input)\nSource: ONNX Sin-22"},
                [](auto x) { return std::sin(x); }),
      on_floats({"Sinh", 9, kInputOutput, "Formula: output = sinh(input)\nSource: ONNX Sinh-22"},
                [](auto x) { return std::sinh(x); }),
      on_floats({"Softplus", 1, kXY, "Formula: Y = ln(1 + e^X)\nSource: ONNX Softplus-22"},
                [](auto x) { return softplus(x); }),
      on_floats({"Softsign", 1, kInputOutput,
                 "Formula: output = input / (1 + |input|)\nSource: ONNX Softsign-22"},
                [](auto x) { return x / (1 + std::abs(x)); }),
      on_floats({"Sqrt", 6, kXY, "Formula: Y = sqrt(X), NaN below 0\nSource: ONNX Sqrt-13"},
                [](auto x) { return std::sqrt(x); }),
      on_floats({"Tan", 7, kInputOutput, "Formula: output = tan(input)\nSource: ONNX Tan-22"},
                [](auto x) { return std::tan(x); }),
      on_floats({"Tanh", 6, kInputOutput, "Formula: output = tanh(input)\nSource: ONNX Tanh-13"},
                [](auto x) { return std::tanh(x); }),
      on_numbers({"Abs", 6, kXY, "Formula: Y = |X|\nSource: ONNX Abs-13"}, kNumericTypes,
                 [](auto x) { return absolute(x); }),
      on_numbers({"Neg", 6, kXY, "Formula: Y = -X\nSource: ONNX Neg-13"},
                 kFloatTypes | kSignedIntegerTypes, [](auto x) { return negate(x); }),
      on_numbers({"Sign", 9, kInputOutput,
                  "Formula: output = -1, 0 or 1 for input < 0, = 0 or > 0\nSource: ONNX Sign-13"},
                 kNumericTypes, [](auto x) { return sign(x); }),
  };
}

}  // namespace gatefold::ops
