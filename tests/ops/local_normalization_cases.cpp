#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> local_normalization_cases() {
  return {
      {.name = "Lrn",
       .graph = "g (float[2,5,3] x) => (float[2,5,3] y) "
                "{ y = LRN <size = 4, alpha = 0.5, bias = 2.0> (x) }"},
      {.name = "LrnOddSize",
       .graph = "g (float[2,6,3,4] x) => (float[2,6,3,4] y) "
                "{ y = LRN <size = 3, alpha = 0.5, beta = 0.5, bias = 2.0> (x) }"},
      {.name = "LpNormalizationSquares",
       .graph = "g (float[2,3,4] x) => (float[2,3,4] y) { y = LpNormalization <axis = 1> (x) }"},
      {.name = "LpNormalizationOfZeros",
       .graph = "g (float[2,3] x) => (float[2,3] y) { y = LpNormalization <p = 1> (x) }",
       .inputs = {{"x", Tensor::of<float>({2, 3}, {0, 0, 0, 1, -2, 1})}}},
      {.name = "MeanVarianceNormalizationDefaultAxes",
       .graph = "g (float[2,3,4,5] x) => (float[2,3,4,5] y) "
                "{ y = MeanVarianceNormalization (x) }"},
      {.name = "MeanVarianceNormalizationLastAxis",
       .graph = "g (float[2,9] x) => (float[2,9] y) "
                "{ y = MeanVarianceNormalization <axes = [-1]> (x) }"},
  };
}

}  // namespace gatefold::test
