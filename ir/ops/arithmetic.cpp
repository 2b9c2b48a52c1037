#include <cmath>
#include <limits>

#include "ir/ops/elementwise.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

template <typename Formula>
void evaluate_binary(EvaluateContext& context, Formula formula) {
  const Tensor& a = context.input(0);
  const Tensor& b = context.input(1);
  Tensor& c = context.output(0, a.dtype(), broadcast_input_dims(context));
  dispatch_numeric(a.dtype(), [&]<typename T>() { map_broadcast<T, T, T>(a, b, c, formula); });
}

void refuse_zero_divisor(const EvaluateContext& context) {
  const Tensor& divisor = context.input(1);
  if (is_float(divisor.dtype())) return;
  dispatch_integer(divisor.dtype(), [&]<typename T>() {
    for (const T element : divisor.values<T>()) {
      if (element == T{}) context.fail("integer division by zero: B holds a zero");
    }
  });
}

template <typename T>
T quotient(T a, T b) {
  if constexpr (std::is_signed_v<T> && std::is_integral_v<T>) {
    // The lowest integer divided by -1 wraps.
    if (b == T{-1}) return static_cast<T>(-Wrapping<T>(a));
  }
  return static_cast<T>(a / b);
}

/// The remainder with the sign of the dividend.
template <typename T>
T truncated_remainder(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    return std::fmod(a, b);
  } else {
    if constexpr (std::is_signed_v<T>) {
      if (b == T{-1}) return T{};
    }
    return static_cast<T>(a % b);
  }
}

/// The remainder with the sign of the divisor.
template <typename T>
T floored_remainder(T a, T b) {
  const T remainder = truncated_remainder(a, b);
  const bool differs = remainder != T{} && (remainder < T{}) != (b < T{});
  return differs ? static_cast<T>(remainder + b) : remainder;
}

void evaluate_div(EvaluateContext& context) {
  refuse_zero_divisor(context);
  evaluate_binary(context, [](auto a, auto b) { return quotient(a, b); });
}

void infer_mod(InferContext& context) {
  if (is_float(context.dtype(0)) && context.node().attr_int("fmod") == 0) {
    context.fail("fmod is 0 but must be 1 for the element type {}", name_of(context.dtype(0)));
  }
  infer_broadcast(context);
}

void evaluate_mod(EvaluateContext& context) {
  refuse_zero_divisor(context);
  if (context.node().attr_int("fmod") != 0) {
    evaluate_binary(context, [](auto a, auto b) { return truncated_remainder(a, b); });
  } else {
    evaluate_binary(context, [](auto a, auto b) { return floored_remainder(a, b); });
  }
}

/// x^y for integers, modulo 2^64; a negative exponent gives the power cut towards zero.
template <typename X, typename Y>
X integer_power(const EvaluateContext& context, X x, Y y) {
  if (y < Y{}) {
    if (x == X{}) context.fail("zero cannot be raised to the negative integer power {}", y);
    if (x == X{1}) return x;
    if (static_cast<std::int64_t>(x) == -1) return (y & 1) != 0 ? x : X{1};
    return X{};
  }
  std::uint64_t power = 1;
  auto factor = static_cast<std::uint64_t>(x);
  for (auto exponent = static_cast<std::uint64_t>(y); exponent > 0; exponent >>= 1) {
    if ((exponent & 1) != 0) power *= factor;
    factor *= factor;
  }
  return static_cast<X>(power);
}

template <typename X, typename Y>
auto power(const EvaluateContext& context, X x, Y y) {
  if constexpr (std::is_integral_v<X> && std::is_integral_v<Y>) {
    return integer_power(context, x, y);
  } else {
    return std::pow(x, y);
  }
}

void evaluate_pow(EvaluateContext& context) {
  const Tensor& x = context.input(0);
  const Tensor& y = context.input(1);
  Tensor& z = context.output(0, x.dtype(), broadcast_input_dims(context));
  dispatch<float, double, std::int32_t, std::int64_t>(x.dtype(), [&]<typename X>() {
    dispatch_numeric(y.dtype(), [&]<typename Y>() {
      map_broadcast<X, Y, X>(x, y, z,
                             [&](X base, Y exponent) { return power(context, base, exponent); });
    });
  });
}

struct Entry {
  std::string_view name;
  std::int64_t since;
  std::string_view doc;
};

OpDef make_def(const Entry& entry, EvaluateFn evaluate) {
  return {
      .name = entry.name,
      .doc = entry.doc,
      .since = entry.since,
      .inputs = {{"A", "T", kNumericTypes}, {"B", "T", kNumericTypes}},
      .outputs = {{"C", "T", kNumericTypes}},
      .infer = infer_broadcast,
      .evaluate = evaluate,
  };
}

OpDef mod() {
  OpDef def = make_def({"Mod", 10,
                        "Remainder with numpy's broadcasting: of the sign of B, or with fmod = 1\n"
                        "of the sign of A. Floats need fmod = 1.\n"
                        "Shapes: A, B broadcast together -> C\n"
                        "Source: ONNX Mod-13"},
                       evaluate_mod);
  def.attrs = {{"fmod", AttrDef::Kind::kInt, 0}};
  def.infer = infer_mod;
  return def;
}

constexpr DataTypeSet kPowTypes = kFloatTypes | kIndexTypes;

OpDef pow() {
  return {
      .name = "Pow",
      .doc =
          "Power with numpy's broadcasting, in the element type of X.\n"
          "Shapes: X, Y broadcast together -> Z\n"
          "Formula: Z = X^Y\n"
          "Source: ONNX Pow-15",
      .since = 7,
      .inputs = {{"X", "T", kPowTypes}, {"Y", "T1", kNumericTypes}},
      .outputs = {{"Z", "T", kPowTypes}},
      .infer = infer_broadcast,
      .evaluate = evaluate_pow,
  };
}

}  // namespace

std::vector<OpDef> arithmetic() {
  return {
      make_def({"Add", 7,
                "Formula: C = A + B with numpy's broadcasting; integers wrap\nSource: ONNX Add-14"},
               [](EvaluateContext& context) {
                 evaluate_binary(context, []<typename T>(T a, T b) {
                   return static_cast<T>(Wrapping<T>(a) + Wrapping<T>(b));
                 });
               }),
      make_def({"Sub", 7,
                "Formula: C = A - B with numpy's broadcasting; integers wrap\nSource: ONNX Sub-14"},
               [](EvaluateContext& context) {
                 evaluate_binary(context, []<typename T>(T a, T b) {
                   return static_cast<T>(Wrapping<T>(a) - Wrapping<T>(b));
                 });
               }),
      make_def({"Mul", 7,
                "Formula: C = A B with numpy's broadcasting; integers wrap\nSource: ONNX Mul-14"},
               [](EvaluateContext& context) {
                 evaluate_binary(context, []<typename T>(T a, T b) {
                   return static_cast<T>(Wrapping<T>(a) * Wrapping<T>(b));
                 });
               }),
      make_def({"Div", 7,
                "Formula: C = A / B with numpy's broadcasting; integers are cut towards zero and\n"
                "cannot be divided by zero\nSource: ONNX Div-14"},
               evaluate_div),
      mod(),
      pow(),
  };
}

}  // namespace gatefold::ops
