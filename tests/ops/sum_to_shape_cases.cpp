#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> sum_to_shape_cases() {
  return {
      {.name = "SumToShapeTwoAxes",
       .graph =
           ""
           "g (float[2,3,4] x, int64[2] s) => (float[a,b] y) { y = gatefold.SumToShape (x, s) }",
       .inputs = {{"s", Tensor::of<std::int64_t>({2}, {1, 4})}}},
  };
}

}  // namespace gatefold::test
