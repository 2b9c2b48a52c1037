#pragma once

#include <cstdint>
#include <vector>

namespace gatefold::native {

/// What a reduction does with its elements.
enum class Reduction : std::int8_t {
  kSum,
  kMean,
  kProduct,
  kMax,
  kMin,
  kSumOfMagnitudes,
  kSumOfSquares,
  kEuclideanNorm,
  kLogOfSum,
};

/// Where a reduction reads, in elements. Every pair of a kept and a reduced offset starts a dense
/// line of `inner` elements, which is reduced or kept as a whole.
struct ReductionPlan {
  std::vector<std::int64_t> kept{0};
  std::vector<std::int64_t> reduced{0};
  std::int64_t inner = 1;
  bool inner_is_reduced = true;
  std::int64_t count = 1;  ///< Elements per result.
};

/// y[k] = the reduction of all x of one kept position, in row-major order of these.
void reduce(Reduction reduction, const ReductionPlan& plan, const float* x, float* y);

/// The largest (smallest) of n >= 1 numbers; NaN if one of them is.
float largest(const float* x, std::int64_t n);
float smallest(const float* x, std::int64_t n);

}  // namespace gatefold::native
