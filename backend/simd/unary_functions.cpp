#include "backend/simd/unary_functions.h"

#include <cmath>
#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/simd/unary_functions.cpp"
#include "hwy/foreach_target.h"
//
#include "backend/simd/vector_math-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace gatefold::native::HWY_NAMESPACE {
namespace {

/// Formula of (tag, x), (tag, x, alpha) or (tag, x, alpha, beta).
template <typename Formula, class D, class V>
HWY_INLINE V apply(D d, V x, V alpha, V beta) {
  if constexpr (std::is_invocable_v<Formula, D, V>) {
    return Formula()(d, x);
  } else if constexpr (std::is_invocable_v<Formula, D, V, V>) {
    return Formula()(d, x, alpha);
  } else {
    return Formula()(d, x, alpha, beta);
  }
}

template <typename Formula>
void map(const float* x, float* y, std::size_t n, float alpha, float beta) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto a = hn::Set(d, alpha);
  const auto b = hn::Set(d, beta);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    hn::StoreU(apply<Formula>(d, hn::LoadU(d, x + i), a, b), d, y + i);
  }
  if (i == n) return;
  HWY_ALIGN float rest[hn::MaxLanes(d)] = {};
  for (std::size_t k = i; k < n; ++k) rest[k - i] = x[k];
  hn::Store(apply<Formula>(d, hn::Load(d, rest), a, b), d, rest);
  for (std::size_t k = i; k < n; ++k) y[k] = rest[k - i];
}

/// For operators that are rare in sequence models.
template <typename Formula>
void map_scalar(const float* x, float* y, std::size_t n, float /*alpha*/, float /*beta*/) {
  for (std::size_t i = 0; i < n; ++i) y[i] = Formula()(x[i]);
}

struct Entry {
  std::string_view op;
  UnaryFunction function;
};

template <typename Formula>
constexpr Entry entry(std::string_view op, Formula /*formula*/) {
  return {op, map<Formula>};
}

template <typename Formula>
constexpr Entry scalar_entry(std::string_view op, Formula /*formula*/) {
  return {op, map_scalar<Formula>};
}

template <class D, class V>
HWY_INLINE V relu(D d, V x) {
  // Max may return either argument where x is NaN.
  return hn::IfThenZeroElse(hn::Lt(x, hn::Zero(d)), x);
}

/// log(1 + e^x) = max(0, x) + log(1 + e^-|x|)
template <class D, class V>
HWY_INLINE V softplus(D d, V x) {
  return hn::Add(relu(d, x), log1p(d, exp(d, hn::Neg(hn::Abs(x)))));
}

/// x tanh(log(1 + e^x)) = x n / (n + 2) with n = e^x (e^x + 2); from x = 20 on the quotient rounds
/// to 1.
template <class D, class V>
HWY_INLINE V mish(D d, V x) {
  const V two = hn::Set(d, 2.0F);
  const V power = exp(d, at_most(x, hn::Set(d, 20.0F)));
  const V n = hn::Mul(power, hn::Add(power, two));
  return hn::Mul(x, hn::Div(n, hn::Add(n, two)));
}

/// x below 0 replaced by `negative`.
template <class D, class V>
HWY_INLINE V where_negative(D d, V x, V negative) {
  return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), negative, x);
}

/// min(max(x, low), high), where NaN stays.
template <class D, class V>
HWY_INLINE V clip(D /*d*/, V x, V low, V high) {
  const V above = hn::IfThenElse(hn::Lt(x, low), low, x);
  return hn::IfThenElse(hn::Gt(above, high), high, above);
}

template <class D, class V>
HWY_INLINE V unit_clip(D d, V x) {
  return clip(d, x, hn::Zero(d), hn::Set(d, 1.0F));
}

/// x (1 + t) / 2
template <class D, class V>
HWY_INLINE V gelu_of(D d, V x, V t) {
  return hn::Mul(hn::Mul(hn::Set(d, 0.5F), x), hn::Add(hn::Set(d, 1.0F), t));
}

template <class D, class V>
HWY_INLINE V gelu_tanh(D d, V x) {
  const V cubed = hn::Mul(x, hn::Mul(x, x));
  const V inner = hn::MulAdd(hn::Set(d, 0.044715F), cubed, x);
  return gelu_of(d, x, tanh(d, hn::Mul(hn::Set(d, 0.797884561F), inner)));
}

template <class D, class V>
HWY_INLINE V sign(D d, V x) {
  const V unit = hn::CopySign(hn::Set(d, 1.0F), x);
  const auto is_signed = hn::Or(hn::Lt(x, hn::Zero(d)), hn::Gt(x, hn::Zero(d)));
  return hn::IfThenElse(is_signed, unit, x);
}

// On some instruction sets Ceil and Floor lose the sign of zero.
constexpr Entry kEntries[] = {
    entry("Abs", [](auto /*d*/, auto x) HWY_ATTR { return hn::Abs(x); }),
    entry("Ceil", [](auto /*d*/, auto x) HWY_ATTR { return hn::CopySign(hn::Ceil(x), x); }),
    entry("Celu",
          [](auto d, auto x, auto alpha) HWY_ATTR {
            return where_negative(d, x, hn::Mul(alpha, expm1(d, hn::Div(x, alpha))));
          }),
    entry("Clip",
          [](auto d, auto x, auto low, auto high) HWY_ATTR { return clip(d, x, low, high); }),
    entry("Elu", [](auto d, auto x, auto alpha)
                     HWY_ATTR { return where_negative(d, x, hn::Mul(alpha, expm1(d, x))); }),
    entry("Erf", [](auto d, auto x) HWY_ATTR { return erf(d, x); }),
    entry("Exp", [](auto d, auto x) HWY_ATTR { return exp(d, x); }),
    entry("Floor", [](auto /*d*/, auto x) HWY_ATTR { return hn::CopySign(hn::Floor(x), x); }),
    entry("Gelu",
          [](auto d, auto x)
              HWY_ATTR { return gelu_of(d, x, erf(d, hn::Mul(x, hn::Set(d, 0.707106781F)))); }),
    entry("GeluTanh", [](auto d, auto x) HWY_ATTR { return gelu_tanh(d, x); }),
    entry("HardSigmoid", [](auto d, auto x, auto alpha, auto beta)
                             HWY_ATTR { return unit_clip(d, hn::MulAdd(alpha, x, beta)); }),
    entry("HardSwish",
          [](auto d, auto x) HWY_ATTR {
            return hn::Mul(x, unit_clip(d, hn::MulAdd(x, hn::Set(d, 1.0F / 6), hn::Set(d, 0.5F))));
          }),
    entry("LeakyRelu", [](auto d, auto x, auto alpha)
                           HWY_ATTR { return where_negative(d, x, hn::Mul(alpha, x)); }),
    entry("Log", [](auto d, auto x) HWY_ATTR { return log(d, x); }),
    entry("Mish", [](auto d, auto x) HWY_ATTR { return mish(d, x); }),
    entry("Neg", [](auto /*d*/, auto x) HWY_ATTR { return hn::Neg(x); }),
    entry("Reciprocal", [](auto d, auto x) HWY_ATTR { return hn::Div(hn::Set(d, 1.0F), x); }),
    entry("Relu", [](auto d, auto x) HWY_ATTR { return relu(d, x); }),
    entry("Round", [](auto /*d*/, auto x) HWY_ATTR { return hn::Round(x); }),
    entry("Selu",
          [](auto d, auto x, auto alpha, auto gamma) HWY_ATTR {
            return hn::Mul(gamma, where_negative(d, x, hn::Mul(alpha, expm1(d, x))));
          }),
    entry("Sigmoid", [](auto d, auto x) HWY_ATTR { return sigmoid(d, x); }),
    entry("Sign", [](auto d, auto x) HWY_ATTR { return sign(d, x); }),
    entry("Softplus", [](auto d, auto x) HWY_ATTR { return softplus(d, x); }),
    entry("Softsign", [](auto d, auto x)
                          HWY_ATTR { return hn::Div(x, hn::Add(hn::Set(d, 1.0F), hn::Abs(x))); }),
    entry("Sqrt", [](auto /*d*/, auto x) HWY_ATTR { return hn::Sqrt(x); }),
    entry("Swish", [](auto d, auto x, auto alpha)
                       HWY_ATTR { return hn::Mul(x, sigmoid(d, hn::Mul(alpha, x))); }),
    entry("Tanh", [](auto d, auto x) HWY_ATTR { return tanh(d, x); }),
    entry("ThresholdedRelu", [](auto /*d*/, auto x, auto alpha)
                                 HWY_ATTR { return hn::IfThenElseZero(hn::Gt(x, alpha), x); }),
    scalar_entry("Acos", [](float x) { return std::acos(x); }),
    scalar_entry("Acosh", [](float x) { return std::acosh(x); }),
    scalar_entry("Asin", [](float x) { return std::asin(x); }),
    scalar_entry("Asinh", [](float x) { return std::asinh(x); }),
    scalar_entry("Atan", [](float x) { return std::atan(x); }),
    scalar_entry("Atanh", [](float x) { return std::atanh(x); }),
    scalar_entry("Cos", [](float x) { return std::cos(x); }),
    scalar_entry("Cosh", [](float x) { return std::cosh(x); }),
    scalar_entry("Sin", [](float x) { return std::sin(x); }),
    scalar_entry("Sinh", [](float x) { return std::sinh(x); }),
    scalar_entry("Tan", [](float x) { return std::tan(x); }),
};

/// The power 1/2, which unlike the root is infinite for -infinity and never -0.
template <class D, class V>
HWY_INLINE V half_power(D d, V x) {
  const V infinity = hn::Inf(d);
  const V root = hn::Sqrt(hn::Add(x, hn::Zero(d)));
  return hn::IfThenElse(hn::Eq(x, hn::Neg(infinity)), infinity, root);
}

struct PowerEntry {
  double exponent;
  UnaryFunction function;
};

template <typename Formula>
constexpr PowerEntry power_entry(double exponent, Formula /*formula*/) {
  return {exponent, map<Formula>};
}

template <class D, class V>
HWY_INLINE V reciprocal(D d, V x) {
  return hn::Div(hn::Set(d, 1.0F), x);
}

constexpr PowerEntry kPowers[] = {
    power_entry(-2, [](auto d, auto x) HWY_ATTR { return reciprocal(d, hn::Mul(x, x)); }),
    power_entry(-1, [](auto d, auto x) HWY_ATTR { return reciprocal(d, x); }),
    power_entry(-0.5, [](auto d, auto x) HWY_ATTR { return reciprocal(d, half_power(d, x)); }),
    power_entry(0.5, [](auto d, auto x) HWY_ATTR { return half_power(d, x); }),
    power_entry(1, [](auto /*d*/, auto x) HWY_ATTR { return x; }),
    power_entry(2, [](auto /*d*/, auto x) HWY_ATTR { return hn::Mul(x, x); }),
    power_entry(3, [](auto /*d*/, auto x) HWY_ATTR { return hn::Mul(hn::Mul(x, x), x); }),
};

UnaryFunction find_power(double exponent) {
  for (const PowerEntry& candidate : kPowers) {
    if (candidate.exponent == exponent) return candidate.function;
  }
  return nullptr;
}

UnaryFunction find(std::string_view op) {
  for (const Entry& candidate : kEntries) {
    if (candidate.op == op) return candidate.function;
  }
  return nullptr;
}

}  // namespace
}  // namespace gatefold::native::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gatefold::native {

HWY_EXPORT(find);
HWY_EXPORT(find_power);

UnaryFunction find_unary_function(std::string_view op) { return HWY_DYNAMIC_DISPATCH(find)(op); }

UnaryFunction find_power_function(double exponent) {
  return HWY_DYNAMIC_DISPATCH(find_power)(exponent);
}

}  // namespace gatefold::native
#endif  // HWY_ONCE
