#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> gather_elements_cases() {
  return {
      {.name = "GatherElementsLastAxis",
       .graph = "g (float[3,4] x, int64[3,2] i) => (float[3,2] y) { y = GatherElements <axis = "
                "1> (x, i) }"},
      {.name = "GatherElementsNegative",
       .graph = "g (float[3,2] x, int32[2,2] i) => (float[2,2] y) { y = GatherElements (x, i) }",
       .inputs = {{"i", Tensor::of<std::int32_t>({2, 2}, {-1, 0, 2, -3})}}},
      {.name = "GatherElementsFewerColumns",
       .graph = "g (double[4,5,6] x, int64[4,3,2] i) => (double[4,3,2] y) { y = GatherElements "
                "<axis = 1> (x, i) }"},
  };
}

}  // namespace gatefold::test
