#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> tensor_scatter_cases() {
  return {
      {.name = "TensorScatterLinear",
       .graph = "g (float[2,3,5,2] p, float[2,3,2,2] u, int64[2] w) => (float[2,3,5,2] y) { y = "
                "TensorScatter (p, u, w) }"},
      {.name = "TensorScatterCircular",
       .graph = "g (float[2,4] p, float[2,3] u, int64[2] w) => (float[2,4] y) { y = "
                "TensorScatter <axis = 1, mode = \"circular\"> (p, u, w) }"},
      {.name = "TensorScatterFromStart",
       .graph = "g (float[2,4,3] p, float[2,1,3] u) => (float[2,4,3] y) { y = TensorScatter (p, "
                "u) }"},
  };
}

}  // namespace gatefold::test
