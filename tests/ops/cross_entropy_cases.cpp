#include "tests/ops/op_case.h"
#include "tests/random_inputs.h"

namespace gatefold::test {

std::vector<OpCase> cross_entropy_cases() {
  return {
      {.name = "SoftmaxCrossEntropyLossWeightedPerElement",
       .graph =
           "g (float[2,4,3] x, int64[2,3] t, float[4] w) => (float[2,3] y, float[2,4,3] p) { "
           "y, p = SoftmaxCrossEntropyLoss <reduction = \"none\", ignore_index = 2> (x, t, w) }"},
      {.name = "SoftmaxCrossEntropyLossWeightedSum",
       .graph = "g (float[3,4] x, int64[3] t, float[4] w) => (float y) { y = "
                "SoftmaxCrossEntropyLoss <reduction = \"sum\"> (x, t, w) }"},
      {.name = "SoftmaxCrossEntropyLossUnknownBatch",
       .graph = "g (float[n,4] x, int64[n] t) => (float y) { y = SoftmaxCrossEntropyLoss (x, t) }",
       .inputs = {{"x", random_tensor({DataType::kFloat32, Dims{3, 4}}, 1)},
                  {"t", Tensor::of<std::int64_t>({3}, {3, 0, 1})}}},
      {.name = "NegativeLogLikelihoodLossIgnoresLabel",
       .graph = "g (float[2,4,3] x, int64[2,3] t, float[4] w) => (float y) { y = "
                "NegativeLogLikelihoodLoss <ignore_index = 1> (x, t, w) }",
       .inputs = {{"w", Tensor::of<float>({4}, {1, 2, 0.5F, 3})},
                  {"t", Tensor::of<std::int64_t>({2, 3}, {3, 1, 1, 0, 2, 2})}}},
      {.name = "NegativeLogLikelihoodLossPerElement",
       .graph = "g (float[3,4] x, int64[3] t, float[4] w) => (float[3] y) { y = "
                "NegativeLogLikelihoodLoss <reduction = \"none\"> (x, t, w) }"},
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
