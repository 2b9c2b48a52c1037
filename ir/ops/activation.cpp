#include <cmath>
#include <numbers>

#include "ir/ops/elementwise.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

struct Entry {
  std::string_view name;
  std::int64_t since;
  UnaryPorts ports;
  std::vector<AttrDef> attrs;
  std::string_view doc;
};

AttrDef float_attr(std::string_view name, float default_value) {
  return {name, AttrDef::Kind::kFloat, default_value};
}

/// output = formula(input, attributes...), all attributes being floats.
template <typename T, typename Formula>
void apply(EvaluateContext& context, Formula formula) {
  using Real = std::conditional_t<std::is_floating_point_v<T>, T, double>;
  const auto attr = [&](std::size_t index) {
    return static_cast<Real>(context.node().attr_float(context.node().op().attrs[index].name));
  };
  if constexpr (std::is_invocable_v<Formula, T>) {
    map<T>(context, formula);
  } else if constexpr (std::is_invocable_v<Formula, T, Real>) {
    map<T>(context, [&, alpha = attr(0)](T x) { return formula(x, alpha); });
  } else {
    map<T>(context, [&, alpha = attr(0), beta = attr(1)](T x) { return formula(x, alpha, beta); });
  }
}

OpDef make_def(Entry entry, DataTypeSet types, EvaluateFn evaluate) {
  return {
      .name = entry.name,
      .doc = entry.doc,
      .since = entry.since,
      .inputs = {{entry.ports.input, "T", types}},
      .outputs = {{entry.ports.output, "T", types}},
      .attrs = std::move(entry.attrs),
      .infer = infer_same_as_input,
      .evaluate = evaluate,
  };
}

/// `Formula` is a captureless lambda taking x and the attributes in the order of the entry.
template <typename Formula>
OpDef on_floats(Entry entry, Formula /*formula*/) {
  return make_def(std::move(entry), kFloatTypes, [](EvaluateContext& context) {
    dispatch_float(context.input(0).dtype(), [&]<typename T>() { apply<T>(context, Formula{}); });
  });
}

template <typename Formula>
OpDef on_numbers(Entry entry, DataTypeSet types, Formula /*formula*/) {
  return make_def(std::move(entry), types, [](EvaluateContext& context) {
    dispatch_numeric(context.input(0).dtype(), [&]<typename T>() { apply<T>(context, Formula{}); });
  });
}

void infer_gelu(InferContext& context) {
  const std::string& approximate = context.node().attr_string("approximate");
  if (approximate != "none" && approximate != "tanh") {
    context.fail("approximate is '{}' but must be 'none' or 'tanh'", approximate);
  }
  infer_same_as_input(context);
}

void evaluate_gelu(EvaluateContext& context) {
  const bool is_approximate = context.node().attr_string("approximate") == "tanh";
  dispatch_float(context.input(0).dtype(), [&]<typename T>() {
    if (is_approximate) {
      constexpr T kScale = T{std::numbers::sqrt2 * std::numbers::inv_sqrtpi};
      map<T>(context,
             [](T x) { return x / 2 * (1 + std::tanh(kScale * (x + T{0.044715} * x * x * x))); });
    } else {
      map<T>(context, [](T x) { return x / 2 * (1 + std::erf(x / std::numbers::sqrt2_v<T>)); });
    }
  });
}

OpDef gelu() {
  return {
      .name = "Gelu",
      .doc =
          "Formula: Y = X / 2 (1 + erf(X / sqrt(2))), or with approximate = \"tanh\"\n"
          "Y = X / 2 (1 + tanh(sqrt(2 / pi) (X + 0.044715 X^3)))\n"
          "Source: ONNX Gelu-20",
      .since = 20,
      .inputs = {{"X", "T", kFloatTypes}},
      .outputs = {{"Y", "T", kFloatTypes}},
      .attrs = {{"approximate", AttrDef::Kind::kString, std::string("none")}},
      .infer = infer_gelu,
      .evaluate = evaluate_gelu,
  };
}

}  // namespace

std::vector<OpDef> activation() {
  return {
      gelu(),
      on_floats({"Celu",
                 12,
                 kXY,
                 {float_attr("alpha", 1.0F)},
                 "Formula: Y = max(0, X) + min(0, alpha (e^(X / alpha) - 1))\n"
                 "Source: ONNX Celu-12"},
                [](auto x, auto alpha) { return x < 0 ? alpha * std::expm1(x / alpha) : x; }),
      on_floats({"Elu",
                 6,
                 kXY,
                 {float_attr("alpha", 1.0F)},
                 "Formula: Y = alpha (e^X - 1) below 0, else X\nSource: ONNX Elu-22"},
                [](auto x, auto alpha) { return x < 0 ? alpha * std::expm1(x) : x; }),
      on_floats({"HardSigmoid",
                 6,
                 kXY,
                 {float_attr("alpha", 0.2F), float_attr("beta", 0.5F)},
                 "Formula: Y = max(0, min(1, alpha X + beta))\nSource: ONNX HardSigmoid-22"},
                [](auto x, auto alpha, auto beta) {
                  const auto y = alpha * x + beta;
                  return y < 0 ? decltype(y){0} : y > 1 ? decltype(y){1} : y;
                }),
      on_floats({"LeakyRelu",
                 6,
                 kXY,
                 {float_attr("alpha", 0.01F)},
                 "Formula: Y = alpha X below 0, else X\nSource: ONNX LeakyRelu-16"},
                [](auto x, auto alpha) { return x < 0 ? alpha * x : x; }),
      on_floats({"Selu",
                 6,
                 kXY,
                 {float_attr("alpha", 1.67326319217681884765625F),
                  float_attr("gamma", 1.05070102214813232421875F)},
                 "Formula: Y = gamma alpha (e^X - 1) up to 0, else gamma X\n"
                 "Source: ONNX Selu-22"},
                [](auto x, auto alpha, auto gamma) {
                  return gamma * (x <= 0 ? alpha * std::expm1(x) : x);
                }),
      on_floats({"Swish",
                 24,
                 kXY,
                 {float_attr("alpha", 1.0F)},
                 "Formula: Y = X / (1 + e^(-alpha X))\nSource: ONNX Swish-24"},
                [](auto x, auto alpha) { return x / (1 + std::exp(-alpha * x)); }),
      on_floats({"ThresholdedRelu",
                 10,
                 kXY,
                 {float_attr("alpha", 1.0F)},
                 "Formula: Y = X above alpha, else 0, so for NaN\nSource: ONNX ThresholdedRelu-22"},
                [](auto x, auto alpha) { return x > alpha ? x : decltype(x){0}; }),
      on_numbers({"Relu", 6, kXY, {}, "Formula: Y = max(0, X)\nSource: ONNX Relu-14"},
                 kFloatTypes | kSignedIntegerTypes,
                 [](auto x) { return x < decltype(x){0} ? decltype(x){0} : x; }),
      on_numbers({"Shrink",
                  9,
                  kInputOutput,
                  {float_attr("bias", 0.0F), float_attr("lambd", 0.5F)},
                  "Formula: output = input + bias below -lambd, input - bias above lambd, else 0,\n"
                  "so for NaN\n"
                  "Source: ONNX Shrink-9"},
                 kNumericTypes,
                 [](auto x, auto bias, auto lambd) {
                   using Real = decltype(bias);
                   const auto real = static_cast<Real>(x);
                   return real < -lambd ? real + bias : real > lambd ? real - bias : Real{0};
                 }),
  };
}

}  // namespace gatefold::ops
