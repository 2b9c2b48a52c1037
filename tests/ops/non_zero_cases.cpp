#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> non_zero_cases() {
  return {
      {.name = "NonZeroMatrix",
       .graph = "g (float[2,3] x) => (int64[2,n] y) { y = NonZero (x) }",
       .inputs = {{"x", Tensor::of<float>({2, 3}, {0, 1, 0, 2, 0, 3})}}},
      {.name = "NonZeroBool", .graph = "g (bool[5] x) => (int64[1,n] y) { y = NonZero (x) }"},
  };
}

}  // namespace gatefold::test
