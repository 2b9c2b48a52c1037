#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> prelu_cases() {
  return {
      {.name = "PReluPerChannel",
       .graph = "g (float[2,3,5] x, float[3,1] slope) => (float[2,3,5] y) "
                "{ y = PRelu (x, slope) }"},
      {.name = "PReluOneSlope",
       .graph = "g (float[2,3] x, float[1] slope) => (float[2,3] y) { y = PRelu (x, slope) }"},
      {.name = "PReluInt32",
       .graph = "g (int32[3] x, int32[3] slope) => (int32[3] y) { y = PRelu (x, slope) }",
       .inputs = {{"x", Tensor::of<std::int32_t>({3}, {-4, 0, 4})}}},
  };
}

}  // namespace gatefold::test
