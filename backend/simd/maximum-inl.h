// The larger and the smaller of two vectors, and bounds. Included once per instruction set by files
// that use foreach_target.h, as Highway's own *-inl.h files are.
#if defined(GATEFOLD_BACKEND_PLAIN_MAXIMUM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GATEFOLD_BACKEND_PLAIN_MAXIMUM_INL_H_
#undef GATEFOLD_BACKEND_PLAIN_MAXIMUM_INL_H_
#else
#define GATEFOLD_BACKEND_PLAIN_MAXIMUM_INL_H_
#endif

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace gatefold::native::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// What Highway's Max and Min give where one argument is NaN depends on the instruction set, and its
// Ne(x, x) is false for NaN on some. In the functions here NaN stays NaN.

/// The larger of a and b; NaN where either is.
template <class V>
HWY_INLINE V maximum(V a, V b) {
  return hn::IfThenElse(hn::Or(hn::Gt(a, b), hn::IsNaN(a)), a, b);
}

/// The smaller of a and b; NaN where either is.
template <class V>
HWY_INLINE V minimum(V a, V b) {
  return hn::IfThenElse(hn::Or(hn::Lt(a, b), hn::IsNaN(a)), a, b);
}

/// min(x, high) for a bound that is a number.
template <class V>
HWY_INLINE V at_most(V x, V high) {
#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
  return hn::Min(high, x);  // The instruction gives its second operand where one is NaN.
#else
  return hn::IfThenElse(hn::Gt(x, high), high, x);
#endif
}

/// max(x, low) for a bound that is a number.
template <class V>
HWY_INLINE V at_least(V x, V low) {
#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
  return hn::Max(low, x);
#else
  return hn::IfThenElse(hn::Lt(x, low), low, x);
#endif
}

}  // namespace gatefold::native::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // GATEFOLD_BACKEND_PLAIN_MAXIMUM_INL_H_
