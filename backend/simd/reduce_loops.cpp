#include "backend/simd/reduce_loops.h"

#include <cmath>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/simd/reduce_loops.cpp"
#include "hwy/foreach_target.h"
//
#include "backend/simd/maximum-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace gatefold::native::HWY_NAMESPACE {
namespace {

// Each step joins an element x to what came before; `join` joins two partial results.

struct Add {
  static constexpr float kStart = 0;
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V step(D, V total, V x) {
    return hn::Add(total, x);
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V join(D, V a, V b) {
    return hn::Add(a, b);
  }
};

struct AddMagnitude : Add {
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V step(D, V total, V x) {
    return hn::Add(total, hn::Abs(x));
  }
};

struct AddSquare : Add {
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V step(D, V total, V x) {
    return hn::MulAdd(x, x, total);
  }
};

struct Multiply {
  static constexpr float kStart = 1;
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V step(D, V total, V x) {
    return hn::Mul(total, x);
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V join(D, V a, V b) {
    return hn::Mul(a, b);
  }
};

struct Largest {
  static constexpr float kStart = -std::numeric_limits<float>::infinity();
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V step(D, V best, V x) {
    return maximum(x, best);
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V join(D d, V a, V b) {
    return step(d, a, b);
  }
};

struct Smallest {
  static constexpr float kStart = std::numeric_limits<float>::infinity();
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V step(D, V best, V x) {
    return minimum(x, best);
  }
  template <class D, class V = hn::Vec<D>>
  static HWY_INLINE V join(D d, V a, V b) {
    return step(d, a, b);
  }
};

/// Reduces a dense line of n elements, starting from `start`.
template <typename Step>
HWY_INLINE float reduce_line(const float* x, std::int64_t n, float start) {
  const hn::ScalableTag<float> d;
  const hn::CappedTag<float, 1> one;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  auto total = hn::Set(one, start);
  std::int64_t i = 0;
  if (n >= lanes) {
    auto a = hn::Set(d, Step::kStart);
    auto b = a;
    auto c = a;
    auto e = a;
    for (; i + 4 * lanes <= n; i += 4 * lanes) {
      a = Step::step(d, a, hn::LoadU(d, x + i));
      b = Step::step(d, b, hn::LoadU(d, x + i + lanes));
      c = Step::step(d, c, hn::LoadU(d, x + i + 2 * lanes));
      e = Step::step(d, e, hn::LoadU(d, x + i + 3 * lanes));
    }
    for (; i + lanes <= n; i += lanes) a = Step::step(d, a, hn::LoadU(d, x + i));
    HWY_ALIGN float parts[hn::MaxLanes(d)];
    hn::Store(Step::join(d, Step::join(d, a, b), Step::join(d, c, e)), d, parts);
    for (std::int64_t k = 0; k < lanes; ++k) {
      total = Step::join(one, total, hn::Set(one, parts[k]));
    }
  }
  for (; i < n; ++i) total = Step::step(one, total, hn::Set(one, x[i]));
  return hn::GetLane(total);
}

/// Reduces Lanes(d) neighbouring elements over all reduced offsets.
template <typename Step, class D>
HWY_INLINE void reduce_column(D d, const std::vector<std::int64_t>& offsets, const float* x,
                              float* y) {
  auto total = hn::Set(d, Step::kStart);
  for (const std::int64_t offset : offsets) {
    total = Step::step(d, total, hn::LoadU(d, x + offset));
  }
  hn::StoreU(total, d, y);
}

template <typename Step>
void reduce_all(const ReductionPlan& plan, const float* x, float* y) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  for (const std::int64_t start : plan.kept) {
    if (plan.inner_is_reduced) {
      float total = Step::kStart;
      for (const std::int64_t offset : plan.reduced) {
        total = reduce_line<Step>(x + start + offset, plan.inner, total);
      }
      *y++ = total;
      continue;
    }
    std::int64_t i = 0;
    for (; i + lanes <= plan.inner; i += lanes) {
      reduce_column<Step>(d, plan.reduced, x + start + i, y + i);
    }
    for (; i < plan.inner; ++i) {
      reduce_column<Step>(hn::CappedTag<float, 1>(), plan.reduced, x + start + i, y + i);
    }
    y += plan.inner;
  }
}

void add_all(const ReductionPlan& plan, const float* x, float* y) { reduce_all<Add>(plan, x, y); }
void add_magnitudes(const ReductionPlan& plan, const float* x, float* y) {
  reduce_all<AddMagnitude>(plan, x, y);
}
void add_squares(const ReductionPlan& plan, const float* x, float* y) {
  reduce_all<AddSquare>(plan, x, y);
}
void multiply_all(const ReductionPlan& plan, const float* x, float* y) {
  reduce_all<Multiply>(plan, x, y);
}
void find_largest(const ReductionPlan& plan, const float* x, float* y) {
  reduce_all<Largest>(plan, x, y);
}
void find_smallest(const ReductionPlan& plan, const float* x, float* y) {
  reduce_all<Smallest>(plan, x, y);
}
float largest_of_line(const float* x, std::int64_t n) {
  return reduce_line<Largest>(x, n, Largest::kStart);
}
float smallest_of_line(const float* x, std::int64_t n) {
  return reduce_line<Smallest>(x, n, Smallest::kStart);
}

}  // namespace
}  // namespace gatefold::native::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gatefold::native {

HWY_EXPORT(add_all);
HWY_EXPORT(add_magnitudes);
HWY_EXPORT(add_squares);
HWY_EXPORT(multiply_all);
HWY_EXPORT(find_largest);
HWY_EXPORT(find_smallest);
HWY_EXPORT(largest_of_line);
HWY_EXPORT(smallest_of_line);

namespace {

void accumulate(Reduction reduction, const ReductionPlan& plan, const float* x, float* y) {
  switch (reduction) {
    case Reduction::kProduct:
      return HWY_DYNAMIC_DISPATCH(multiply_all)(plan, x, y);
    case Reduction::kMax:
      return HWY_DYNAMIC_DISPATCH(find_largest)(plan, x, y);
    case Reduction::kMin:
      return HWY_DYNAMIC_DISPATCH(find_smallest)(plan, x, y);
    case Reduction::kSumOfMagnitudes:
      return HWY_DYNAMIC_DISPATCH(add_magnitudes)(plan, x, y);
    case Reduction::kSumOfSquares:
    case Reduction::kEuclideanNorm:
      return HWY_DYNAMIC_DISPATCH(add_squares)(plan, x, y);
    default:
      return HWY_DYNAMIC_DISPATCH(add_all)(plan, x, y);
  }
}

}  // namespace

void reduce(Reduction reduction, const ReductionPlan& plan, const float* x, float* y) {
  accumulate(reduction, plan, x, y);
  const std::size_t lines = plan.kept.size();
  const std::size_t results = plan.inner_is_reduced ? lines : lines * plan.inner;
  if (reduction == Reduction::kMean) {
    const auto count = static_cast<float>(plan.count);
    for (std::size_t i = 0; i < results; ++i) y[i] /= count;
  } else if (reduction == Reduction::kEuclideanNorm) {
    for (std::size_t i = 0; i < results; ++i) y[i] = std::sqrt(y[i]);
  } else if (reduction == Reduction::kLogOfSum) {
    for (std::size_t i = 0; i < results; ++i) y[i] = std::log(y[i]);
  }
}

float largest(const float* x, std::int64_t n) {
  return HWY_DYNAMIC_DISPATCH(largest_of_line)(x, n);
}
float smallest(const float* x, std::int64_t n) {
  return HWY_DYNAMIC_DISPATCH(smallest_of_line)(x, n);
}

}  // namespace gatefold::native
#endif  // HWY_ONCE
