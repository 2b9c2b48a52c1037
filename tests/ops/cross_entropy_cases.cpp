#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> cross_entropy_cases() {
  return {
      {.name = "SoftmaxCrossEntropyLossMean",
       .graph = "g (float[3,4] x, int64[3] t) => (float y, float[3,4] p) { y, p = "
                "SoftmaxCrossEntropyLoss (x, t) }"},
      {.name = "SoftmaxCrossEntropyLossNoReduction",
       .graph = "g (float[2,4,3] x, int32[2,3] t) => (float[2,3] y) { y = "
                "SoftmaxCrossEntropyLoss <reduction = \"none\"> (x, t) }"},
      {.name = "SoftmaxCrossEntropyLossIgnoresLabel",
       .graph = "g (float[3,4] x, int64[3] t, float[4] w) => (float y) { y = "
                "SoftmaxCrossEntropyLoss <ignore_index = -1> (x, t, w) }",
       .inputs = {{"t", Tensor::of<std::int64_t>({3}, {2, -1, 0})}}},
      {.name = "NegativeLogLikelihoodLossMean",
       .graph = "g (float[3,4] x, int64[3] t, float[4] w) => (float y) { y = "
                "NegativeLogLikelihoodLoss (x, t, w) }",
       .inputs = {{"w", Tensor::of<float>({4}, {1, 2, 0.5F, 3})}}},
      {.name = "NegativeLogLikelihoodLossSum",
       .graph = "g (float[2,4,2,2] x, int64[2,2,2] t) => (float y) { y = "
                "NegativeLogLikelihoodLoss <reduction = \"sum\"> (x, t) }"},
  };
}

}  // namespace gatefold::test
