#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> max_unpool_cases() {
  const Tensor indices = Tensor::of<std::int64_t>({1, 1, 2, 2}, {5, 7, 13, 15});
  return {
      {.name = "MaxUnpool",
       .graph = "g (float[1,1,2,2] x, int64[1,1,2,2] i) => (float[1,1,4,4] y) "
                "{ y = MaxUnpool <kernel_shape = [2, 2], strides = [2, 2]> (x, i) }",
       .inputs = {{"i", indices}}},
      {.name = "MaxUnpoolStatedShape",
       .graph = "g (float[1,1,2,2] x, int64[1,1,2,2] i) => (float[1,1,5,5] y) "
                "<int64[4] shape = {1, 1, 5, 5}> { y = MaxUnpool <kernel_shape = [2, 2], "
                "strides = [2, 2]> (x, i, shape) }",
       .inputs = {{"i", indices}}},
  };
}

}  // namespace gatefold::test
