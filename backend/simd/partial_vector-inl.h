// The last elements of a line, which do not fill a vector. Included once per instruction set by
// files that use foreach_target.h, as Highway's own *-inl.h files are.
#if defined(GATEFOLD_BACKEND_PARTIAL_VECTOR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef GATEFOLD_BACKEND_PARTIAL_VECTOR_INL_H_
#undef GATEFOLD_BACKEND_PARTIAL_VECTOR_INL_H_
#else
#define GATEFOLD_BACKEND_PARTIAL_VECTOR_INL_H_
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace gatefold::native::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Elsewhere Highway's masked loads and stores touch memory behind the elements.
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2
constexpr bool kMasksMemory = true;
#else
constexpr bool kMasksMemory = false;
#endif

/// The `count` < Lanes(d) elements at `from`; what the other lanes hold is not defined.
template <class D>
HWY_INLINE hn::Vec<D> load_part(D d, const float* from, std::int64_t count) {
  if constexpr (kMasksMemory) {
    return hn::MaskedLoad(hn::FirstN(d, static_cast<std::size_t>(count)), d, from);
  } else {
    HWY_ALIGN float all[hn::MaxLanes(d)] = {};
    std::copy_n(from, count, all);
    return hn::Load(d, all);
  }
}

/// Writes the first `count` < Lanes(d) elements of a vector.
template <class D>
HWY_INLINE void store_part(D d, hn::Vec<D> values, float* to, std::int64_t count) {
  if constexpr (kMasksMemory) {
    hn::BlendedStore(values, hn::FirstN(d, static_cast<std::size_t>(count)), d, to);
  } else {
    HWY_ALIGN float all[hn::MaxLanes(d)];
    hn::Store(values, d, all);
    std::copy_n(all, count, to);
  }
}

}  // namespace gatefold::native::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // GATEFOLD_BACKEND_PARTIAL_VECTOR_INL_H_
