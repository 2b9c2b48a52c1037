#include "backend/simd/vector_math.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/simd/vector_math.cpp"
#include "hwy/foreach_target.h"
//
#include "backend/simd/vector_math-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace gatefold::native::HWY_NAMESPACE {
namespace {

/// y[i] = function(d, x[i]) with whole vectors, then with what is left over.
template <typename Function>
HWY_INLINE void map(const float* x, float* y, std::size_t n, Function function) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(function(d, hn::LoadU(d, x + i)), d, y + i);
  if (i == n) return;
  HWY_ALIGN float rest[hn::MaxLanes(d)] = {};
  for (std::size_t k = i; k < n; ++k) rest[k - i] = x[k];
  hn::Store(function(d, hn::Load(d, rest)), d, rest);
  for (std::size_t k = i; k < n; ++k) y[k] = rest[k - i];
}

void exp_array(const float* x, float* y, std::size_t n) {
  map(x, y, n, [](auto d, auto v) HWY_ATTR { return exp(d, v); });
}
void log_array(const float* x, float* y, std::size_t n) {
  map(x, y, n, [](auto d, auto v) HWY_ATTR { return log(d, v); });
}
void tanh_array(const float* x, float* y, std::size_t n) {
  map(x, y, n, [](auto d, auto v) HWY_ATTR { return tanh(d, v); });
}
void sigmoid_array(const float* x, float* y, std::size_t n) {
  map(x, y, n, [](auto d, auto v) HWY_ATTR { return sigmoid(d, v); });
}
void erf_array(const float* x, float* y, std::size_t n) {
  map(x, y, n, [](auto d, auto v) HWY_ATTR { return erf(d, v); });
}

}  // namespace
}  // namespace gatefold::native::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gatefold::native {

HWY_EXPORT(exp_array);
HWY_EXPORT(log_array);
HWY_EXPORT(tanh_array);
HWY_EXPORT(sigmoid_array);
HWY_EXPORT(erf_array);

namespace vector_math {

void exp(const float* x, float* y, std::size_t n) { HWY_DYNAMIC_DISPATCH(exp_array)(x, y, n); }
void log(const float* x, float* y, std::size_t n) { HWY_DYNAMIC_DISPATCH(log_array)(x, y, n); }
void tanh(const float* x, float* y, std::size_t n) { HWY_DYNAMIC_DISPATCH(tanh_array)(x, y, n); }
void sigmoid(const float* x, float* y, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(sigmoid_array)(x, y, n);
}
void erf(const float* x, float* y, std::size_t n) { HWY_DYNAMIC_DISPATCH(erf_array)(x, y, n); }

}  // namespace vector_math
}  // namespace gatefold::native
#endif  // HWY_ONCE
