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

struct Row {
  std::string_view op;
  UnaryFunction function;
};

template <typename Formula>
constexpr Row row(std::string_view op, Formula /*formula*/) {
  return {op, map<Formula>};
}

template <typename Formula>
constexpr Row scalar_row(std::string_view op, Formula /*formula*/) {
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
constexpr Row kRows[] = {
    row("Abs", [](auto /*d*/, auto x) HWY_ATTR { return hn::Abs(x); }),
    row("Ceil", [](auto /*d*/, auto x) HWY_ATTR { return hn::CopySign(hn::Ceil(x), x); }),
    row("Celu",
        [](auto d, auto x, auto alpha)
            HWY_ATTR { return where_negative(d, x, hn::Mul(alpha, expm1(d, hn::Div(x, alpha)))); }),
    row("Clip", [](auto d, auto x, auto low, auto high) HWY_ATTR { return clip(d, x, low, high); }),
    row("Elu", [](auto d, auto x, auto alpha)
                   HWY_ATTR { return where_negative(d, x, hn::Mul(alpha, expm1(d, x))); }),
    row("Erf", [](auto d, auto x) HWY_ATTR { return erf(d, x); }),
    row("Exp", [](auto d, auto x) HWY_ATTR { return exp(d, x); }),
    row("Floor", [](auto /*d*/, auto x) HWY_ATTR { return hn::CopySign(hn::Floor(x), x); }),
    row("Gelu",
        [](auto d, auto x)
            HWY_ATTR { return gelu_of(d, x, erf(d, hn::Mul(x, hn::Set(d, 0.707106781F)))); }),
    row("GeluTanh", [](auto d, auto x) HWY_ATTR { return gelu_tanh(d, x); }),
    row("HardSigmoid", [](auto d, auto x, auto alpha, auto beta)
                           HWY_ATTR { return unit_clip(d, hn::MulAdd(alpha, x, beta)); }),
    row("HardSwish",
        [](auto d, auto x) HWY_ATTR {
          return hn::Mul(x, unit_clip(d, hn::MulAdd(x, hn::Set(d, 1.0F / 6), hn::Set(d, 0.5F))));
        }),
    row("LeakyRelu", [](auto d, auto x, auto alpha)
                         HWY_ATTR { return where_negative(d, x, hn::Mul(alpha, x)); }),
    row("Log", [](auto d, auto x) HWY_ATTR { return log(d, x); }),
    row("Mish", [](auto d, auto x) HWY_ATTR { return hn::Mul(x, tanh(d, softplus(d, x))); }),
    row("Neg", [](auto /*d*/, auto x) HWY_ATTR { return hn::Neg(x); }),
    row("Reciprocal", [](auto d, auto x) HWY_ATTR { return hn::Div(hn::Set(d, 1.0F), x); }),
    row("Relu", [](auto d, auto x) HWY_ATTR { return relu(d, x); }),
    row("Round", [](auto /*d*/, auto x) HWY_ATTR { return hn::Round(x); }),
    row("Selu",
        [](auto d, auto x, auto alpha, auto gamma)
            HWY_ATTR { return hn::Mul(gamma, where_negative(d, x, hn::Mul(alpha, expm1(d, x)))); }),
    row("Sigmoid", [](auto d, auto x) HWY_ATTR { return sigmoid(d, x); }),
    row("Sign", [](auto d, auto x) HWY_ATTR { return sign(d, x); }),
    row("Softplus", [](auto d, auto x) HWY_ATTR { return softplus(d, x); }),
    row("Softsign",
        [](auto d, auto x) HWY_ATTR { return hn::Div(x, hn::Add(hn::Set(d, 1.0F), hn::Abs(x))); }),
    row("Sqrt", [](auto /*d*/, auto x) HWY_ATTR { return hn::Sqrt(x); }),
    row("Swish", [](auto d, auto x, auto alpha)
                     HWY_ATTR { return hn::Mul(x, sigmoid(d, hn::Mul(alpha, x))); }),
    row("Tanh", [](auto d, auto x) HWY_ATTR { return tanh(d, x); }),
    row("ThresholdedRelu", [](auto /*d*/, auto x, auto alpha)
                               HWY_ATTR { return hn::IfThenElseZero(hn::Gt(x, alpha), x); }),
    scalar_row("Acos", [](float x) { return std::acos(x); }),
    scalar_row("Acosh", [](float x) { return std::acosh(x); }),
    scalar_row("Asin", [](float x) { return std::asin(x); }),
    scalar_row("Asinh", [](float x) { return std::asinh(x); }),
    scalar_row("Atan", [](float x) { return std::atan(x); }),
    scalar_row("Atanh", [](float x) { return std::atanh(x); }),
    scalar_row("Cos", [](float x) { return std::cos(x); }),
    scalar_row("Cosh", [](float x) { return std::cosh(x); }),
    scalar_row("Sin", [](float x) { return std::sin(x); }),
    scalar_row("Sinh", [](float x) { return std::sinh(x); }),
    scalar_row("Tan", [](float x) { return std::tan(x); }),
};

UnaryFunction find(std::string_view op) {
  for (const Row& candidate : kRows) {
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

UnaryFunction find_unary_function(std::string_view op) { return HWY_DYNAMIC_DISPATCH(find)(op); }

}  // namespace gatefold::native
#endif  // HWY_ONCE
