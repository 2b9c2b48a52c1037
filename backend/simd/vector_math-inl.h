// Transcendental functions on Highway vectors of float. Included once per instruction set by files
// that use foreach_target.h, as Highway's own *-inl.h files are.
#if defined(GATEFOLD_BACKEND_PLAIN_VECTOR_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GATEFOLD_BACKEND_PLAIN_VECTOR_MATH_INL_H_
#undef GATEFOLD_BACKEND_PLAIN_VECTOR_MATH_INL_H_
#else
#define GATEFOLD_BACKEND_PLAIN_VECTOR_MATH_INL_H_
#endif

#include <cstdint>

#include "backend/simd/maximum-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace gatefold::native::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// ln 2 in two parts; the first has few enough bits for its product with an exponent to be exact.
constexpr float kLn2High = 0.693359375F;
constexpr float kLn2Low = -2.12194440e-4F;

/// x = n ln 2 + r with |r| <= ln 2 / 2, and e^r - 1.
template <class D, class V = hn::Vec<D>>
struct ReducedExponential {
  V n;
  V expm1_r;
};

/// For finite |x| < 2^16 or NaN. The polynomial is a minimax fit of (e^r - 1 - r) / r^2; the
/// relative error of expm1_r is 2e-8 before rounding.
template <class D, class V>
HWY_INLINE ReducedExponential<D> reduce_exponential(D d, V x) {
  const V n = hn::Round(hn::Mul(x, hn::Set(d, 1.44269504F)));
  V r = hn::NegMulAdd(n, hn::Set(d, kLn2High), x);
  r = hn::NegMulAdd(n, hn::Set(d, kLn2Low), r);
  V q = hn::Set(d, 0.0013946450781077147F);
  q = hn::MulAdd(q, r, hn::Set(d, 0.008366583846509457F));
  q = hn::MulAdd(q, r, hn::Set(d, 0.04166628047823906F));
  q = hn::MulAdd(q, r, hn::Set(d, 0.1666654348373413F));
  q = hn::MulAdd(q, r, hn::Set(d, 0.5F));
  return {n, hn::MulAdd(hn::Mul(r, r), q, r)};
}

/// 2^n for integers n in [-127, 128]; the ends give 0 and infinity.
template <class D, class V>
HWY_INLINE V power_of_two(D d, V n) {
  const hn::RebindToSigned<D> integers;
  const auto exponent = hn::Add(hn::ConvertTo(integers, n), hn::Set(integers, 127));
  return hn::BitCast(d, hn::ShiftLeft<23>(exponent));
}

/// e^x within 2 units in the last place, subnormal results and infinity included.
template <class D, class V>
HWY_INLINE V exp(D d, V x) {
  x = at_least(at_most(x, hn::Set(d, 89.0F)), hn::Set(d, -104.0F));
  const auto [n, expm1_r] = reduce_exponential(d, x);
  // 2^n may lie outside the normal range, its two halves do not.
  const V half = hn::Floor(hn::Mul(n, hn::Set(d, 0.5F)));
  const V scaled = hn::MulAdd(expm1_r, power_of_two(d, half), power_of_two(d, half));
  return hn::Mul(scaled, power_of_two(d, hn::Sub(n, half)));
}

/// e^x - 1 within 3 units in the last place, for x in [-24, 88] or NaN.
template <class D, class V>
HWY_INLINE V expm1_in_range(D d, V x) {
  const auto [n, expm1_r] = reduce_exponential(d, x);
  const V scale = power_of_two(d, n);
  return hn::MulAdd(expm1_r, scale, hn::Sub(scale, hn::Set(d, 1.0F)));
}

/// e^x - 1 within 3 units in the last place, for x <= 88; greater x count as 88.
template <class D, class V>
HWY_INLINE V expm1(D d, V x) {
  return expm1_in_range(d, at_least(at_most(x, hn::Set(d, 88.0F)), hn::Set(d, -18.0F)));
}

/// tanh(x) within 4 units in the last place: e / (e + 2) with e = e^(2 |x|) - 1.
template <class D, class V>
HWY_INLINE V tanh(D d, V x) {
  const V magnitude = hn::Abs(x);
  // From 9.02 on the result rounds to 1.
  const V e = expm1_in_range(d, at_most(hn::Add(magnitude, magnitude), hn::Set(d, 20.0F)));
  return hn::CopySign(hn::Div(e, hn::Add(e, hn::Set(d, 2.0F))), x);
}

/// 1 / (1 + e^-x) within 4 units in the last place while the result is normal; less may become 0.
template <class D, class V>
HWY_INLINE V sigmoid(D d, V x) {
  const V one = hn::Set(d, 1.0F);
  // From 2^128 on the power is infinite and the result 0.
  x = at_least(at_most(x, hn::Set(d, 88.0F)), hn::Set(d, -89.0F));
  const auto [n, expm1_r] = reduce_exponential(d, hn::Neg(x));
  const V power = hn::Mul(hn::Add(one, expm1_r), power_of_two(d, n));
  return hn::Div(one, hn::Add(one, power));
}

/// erf(x) within 5 units in the last place: 1 - e^(-t Q(t)) with t = |x|. Q is a minimax fit of
/// -log(1 - erf(t)) / t on [0, 4]; beyond, the result rounds to 1.
template <class D, class V>
HWY_INLINE V erf(D d, V x) {
  const V t = at_most(hn::Abs(x), hn::Set(d, 4.0F));
  V q = hn::Set(d, 4.070792783750221e-05F);
  q = hn::MulAdd(q, t, hn::Set(d, -0.0003810006601270288F));
  q = hn::MulAdd(q, t, hn::Set(d, 0.001251746783964336F));
  q = hn::MulAdd(q, t, hn::Set(d, 0.00020571588538587093F));
  q = hn::MulAdd(q, t, hn::Set(d, -0.019321715459227562F));
  q = hn::MulAdd(q, t, hn::Set(d, 0.10281441360712051F));
  q = hn::MulAdd(q, t, hn::Set(d, 0.6366164684295654F));
  q = hn::MulAdd(q, t, hn::Set(d, 1.128379225730896F));
  return hn::CopySign(hn::Neg(expm1_in_range(d, hn::Neg(hn::Mul(t, q)))), x);
}

/// log(1 + f) for f in [sqrt(1/2) - 1, sqrt(2) - 1]: f - f^2 / 2 + f^3 P(f) with P a minimax fit.
template <class D, class V>
HWY_INLINE V log1p_near_zero(D d, V f) {
  V p = hn::Set(d, -0.07634485512971878F);
  p = hn::MulAdd(p, f, hn::Set(d, 0.12761962413787842F));
  p = hn::MulAdd(p, f, hn::Set(d, -0.1316036432981491F));
  p = hn::MulAdd(p, f, hn::Set(d, 0.1420171856880188F));
  p = hn::MulAdd(p, f, hn::Set(d, -0.1662333607673645F));
  p = hn::MulAdd(p, f, hn::Set(d, 0.20001228153705597F));
  p = hn::MulAdd(p, f, hn::Set(d, -0.250008225440979F));
  p = hn::MulAdd(p, f, hn::Set(d, 0.3333333134651184F));
  return hn::MulAdd(hn::MulAdd(p, f, hn::Set(d, -0.5F)), hn::Mul(f, f), f);
}

/// log(x) within 3 units in the last place for positive, finite, normal x.
template <class D, class V>
HWY_INLINE V log_of_normal(D d, V x) {
  // x = 2^n m with m in [sqrt(1/2), sqrt(2)).
  const hn::RebindToSigned<D> integers;
  const auto bits = hn::BitCast(integers, x);
  const auto sqrt_half = hn::BitCast(integers, hn::Set(d, 0.707106781F));
  const auto exponent = hn::ShiftRight<23>(hn::Sub(bits, sqrt_half));
  const V m = hn::BitCast(d, hn::Sub(bits, hn::ShiftLeft<23>(exponent)));
  const V n = hn::ConvertTo(d, exponent);
  const V log_m = log1p_near_zero(d, hn::Sub(m, hn::Set(d, 1.0F)));
  return hn::MulAdd(n, hn::Set(d, kLn2High), hn::MulAdd(n, hn::Set(d, kLn2Low), log_m));
}

/// log(x) within 3 units in the last place; -infinity for 0, NaN below.
template <class D, class V>
HWY_INLINE V log(D d, V x) {
  const V zero = hn::Zero(d);
  const auto is_small = hn::Lt(x, hn::Set(d, 0x1p-126F));
  const V normal = hn::IfThenElse(is_small, hn::Mul(x, hn::Set(d, 0x1p23F)), x);
  const V correction = hn::IfThenElseZero(is_small, hn::Set(d, -23.0F * 0.693147181F));
  V y = hn::Add(log_of_normal(d, normal), correction);
  y = hn::IfThenElse(hn::Eq(x, zero), hn::Neg(hn::Inf(d)), y);
  // Infinity and NaN give themselves, numbers below zero give NaN.
  y = hn::IfThenElse(hn::Lt(x, hn::Inf(d)), y, x);
  return hn::IfThenElse(hn::Lt(x, zero), hn::NaN(d), y);
}

/// log(1 + x) for x in [0, 1] within 2 units in the last place: x P(x) with P a minimax fit.
template <class D, class V>
HWY_INLINE V log1p(D d, V x) {
  V p = hn::Set(d, -0.0032440253999084234F);
  p = hn::MulAdd(p, x, hn::Set(d, 0.01985146477818489F));
  p = hn::MulAdd(p, x, hn::Set(d, -0.056959543377161026F));
  p = hn::MulAdd(p, x, hn::Set(d, 0.10603656619787216F));
  p = hn::MulAdd(p, x, hn::Set(d, -0.15305593609809875F));
  p = hn::MulAdd(p, x, hn::Set(d, 0.1967594027519226F));
  p = hn::MulAdd(p, x, hn::Set(d, -0.24954134225845337F));
  p = hn::MulAdd(p, x, hn::Set(d, 0.3332996368408203F));
  p = hn::MulAdd(p, x, hn::Set(d, -0.4999990165233612F));
  return hn::Mul(x, hn::MulAdd(p, x, hn::Set(d, 1.0F)));
}

}  // namespace gatefold::native::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // GATEFOLD_BACKEND_PLAIN_VECTOR_MATH_INL_H_
