#pragma once

#include <cstdint>
#include <string>

namespace gatefold::ops {

/// What a loss operator delivers: the loss of each element, their sum, or their mean.
enum class LossReduction : std::int8_t { kNone, kSum, kMean };

/// Reads attribute `reduction`; fails through `context` (InferContext, EvaluateContext) for an
/// unknown one.
template <typename Context>
LossReduction loss_reduction(const Context& context) {
  const std::string& name = context.node().attr_string("reduction");
  if (name == "none") return LossReduction::kNone;
  if (name == "sum") return LossReduction::kSum;
  if (name != "mean") context.fail("reduction is '{}' but must be none, sum or mean", name);
  return LossReduction::kMean;
}

}  // namespace gatefold::ops
