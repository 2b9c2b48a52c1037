#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> gather_nd_cases() {
  return {
      {.name = "GatherNDElements",
       .graph = "g (float[4,5] x, int64[3,2] i) => (float[3] y) { y = GatherND (x, i) }"},
      {.name = "GatherNDSlices",
       .graph = "g (float[4,5] x, int64[2,3,1] i) => (float[2,3,5] y) { y = GatherND (x, i) }"},
      {.name = "GatherNDBatches",
       .graph = "g (float[2,4,3] x, int64[2,1] i) => (float[2,3] y) { y = GatherND <batch_dims "
                "= 1> (x, i) }"},
      {.name = "GatherNDNegative",
       .graph = "g (int64[3,2] x, int64[2,2] i) => (int64[2] y) { y = GatherND (x, i) }",
       .inputs = {{"i", Tensor::of<std::int64_t>({2, 2}, {-1, 0, 0, -2})}}},
  };
}

}  // namespace gatefold::test
