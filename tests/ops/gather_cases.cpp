#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> gather_cases() {
  return {
      {.name = "GatherRows",
       .graph = "g (float[4,3] data, int64[2,2] indices) => (float[2,2,3] y) "
                "{ y = Gather (data, indices) }"},
      {.name = "GatherNegativeIndicesLastAxis",
       .graph = "g (float[2,3] data, int32[4] indices) => (float[2,4] y) "
                "{ y = Gather <axis = -1> (data, indices) }",
       .inputs = {{"indices", Tensor::of<std::int32_t>({4}, {-1, 0, 2, -3})}}},
      {.name = "GatherScalarIndex",
       .graph = "g (float[4,3] data, int64 index) => (float[3] y) { y = Gather (data, index) }"},
  };
}

}  // namespace gatefold::test
