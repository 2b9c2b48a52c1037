#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> layer_normalization_cases() {
  return {
      {.name = "LayerNormalizationLongRow",
       .graph = "g (float[3,151] x, float[151] s, float[151] b) => (float[3,151] y) "
                "{ y = LayerNormalization (x, s, b) }"},
      {.name = "LayerNormalizationLastAxis",
       .graph = "g (float[2,3,40] x, float[40] s, float[40] b) => (float[2,3,40] y) "
                "{ y = LayerNormalization (x, s, b) }"},
      {.name = "LayerNormalizationAllOutputs",
       .graph = "g (float[2,3,4] x, float[3,4] s) => (float[2,3,4] y, float[2,1,1] mean, "
                "float[2,1,1] inverse) "
                "{ y, mean, inverse = LayerNormalization <axis = 1, epsilon = 0.1> (x, s) }"},
      {.name = "LayerNormalizationBroadcastScale",
       .graph = "g (float[2,3,4] x, float[3,1] s, float b) => (float[2,3,4] y) "
                "{ y = LayerNormalization <axis = -1> (x, s, b) }"},
      {.name = "LayerNormalizationDouble",
       .graph = "g (double[2,5] x, double[5] s) => (double[2,5] y, float[2,1] mean) "
                "{ y, mean = LayerNormalization (x, s) }"},
      {.name = "RmsNormalizationLastAxis",
       .graph = "g (float[2,3,40] x, float[40] s) => (float[2,3,40] y) "
                "{ y = RMSNormalization (x, s) }"},
      {.name = "RmsNormalizationTwoAxes",
       .graph = "g (float[2,3,4] x, float[3,4] s) => (float[2,3,4] y) "
                "{ y = RMSNormalization <axis = 1, epsilon = 0.1> (x, s) }"},
  };
}

}  // namespace gatefold::test
