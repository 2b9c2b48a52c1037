#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> det_cases() {
  return {
      {.name = "DetBatch", .graph = "g (float[3,4,4] x) => (float[3] y) { y = Det (x) }"},
      {.name = "DetNeedsExchange",
       .graph = "g (float[2,2] x) => (float y) { y = Det (x) }",
       .inputs = {{"x", Tensor::of<float>({2, 2}, {0, 1, 2, 3})}}},
  };
}

}  // namespace gatefold::test
