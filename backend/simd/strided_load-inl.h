// Vectors of floats that lie apart. Included once per instruction set by files that use
// foreach_target.h, as Highway's own *-inl.h files are.
#if defined(GATEFOLD_BACKEND_PLAIN_STRIDED_LOAD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GATEFOLD_BACKEND_PLAIN_STRIDED_LOAD_INL_H_
#undef GATEFOLD_BACKEND_PLAIN_STRIDED_LOAD_INL_H_
#else
#define GATEFOLD_BACKEND_PLAIN_STRIDED_LOAD_INL_H_
#endif

#include <cstdint>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace gatefold::native::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// A vector of combine(even[i], odd[i]), where even and odd are the elements of two vectors, low
/// before high, at even and at odd places.
template <class D, class V, class Combine>
HWY_INLINE V combine_pairs(D d, V low, V high, const Combine& combine) {
#if HWY_TARGET == HWY_SCALAR
  static_cast<void>(d);
  return combine(low, high);
#else
  return combine(hn::ConcatEven(d, high, low), hn::ConcatOdd(d, high, low));
#endif
}

/// Element i combines x[i * kStep] .. x[i * kStep + kStep - 1]; kStep is a power of two.
template <std::int64_t kStep, class D, class Combine>
HWY_INLINE hn::Vec<D> combine_groups(D d, const float* x, const Combine& combine) {
  if constexpr (kStep == 1) {
    return hn::LoadU(d, x);
  } else {
    const std::int64_t half = kStep / 2 * static_cast<std::int64_t>(hn::Lanes(d));
    return combine_pairs(d, combine_groups<kStep / 2>(d, x, combine),
                         combine_groups<kStep / 2>(d, x + half, combine), combine);
  }
}

/// Element i is x[i * kStep]; kStep is a power of two. Reads kStep vectors.
template <std::int64_t kStep, class D>
HWY_INLINE hn::Vec<D> load_every(D d, const float* x) {
  return combine_groups<kStep>(d, x, [](auto first, auto /*second*/) { return first; });
}

}  // namespace gatefold::native::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // GATEFOLD_BACKEND_PLAIN_STRIDED_LOAD_INL_H_
