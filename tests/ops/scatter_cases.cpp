#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> scatter_cases() {
  return {
      {.name = "ScatterElementsReplaces",
       .graph = "g (float[1,5] x, int64[1,2] i, float[1,2] u) => (float[1,5] y) { y = "
                "ScatterElements <axis = 1> (x, i, u) }",
       .inputs = {{"i", Tensor::of<std::int64_t>({1, 2}, {1, -2})}}},
      {.name = "ScatterElementsAddsDuplicates",
       .graph = "g (float[4,3] x, int64[5,3] i, float[5,3] u) => (float[4,3] y) { y = "
                "ScatterElements <reduction = \"add\"> (x, i, u) }"},
      {.name = "ScatterElementsMax",
       .graph = "g (float[4,3] x, int32[2,3] i, float[2,3] u) => (float[4,3] y) { y = "
                "ScatterElements <reduction = \"max\"> (x, i, u) }"},
      {.name = "ScatterNDSlices",
       .graph = "g (float[4,3] x, int64[2,1] i, float[2,3] u) => (float[4,3] y) { y = ScatterND "
                "(x, i, u) }",
       .inputs = {{"i", Tensor::of<std::int64_t>({2, 1}, {2, -4})}}},
      {.name = "ScatterNDElements",
       .graph = "g (int64[4,4] x, int64[3,2] i, int64[3] u) => (int64[4,4] y) { y = ScatterND "
                "<reduction = \"add\"> (x, i, u) }"},
      {.name = "ScatterNDMul",
       .graph = "g (float[4,2] x, int64[3,1] i, float[3,2] u) => (float[4,2] y) { y = ScatterND "
                "<reduction = \"mul\"> (x, i, u) }"},
  };
}

}  // namespace gatefold::test
