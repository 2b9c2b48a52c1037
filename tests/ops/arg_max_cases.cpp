#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> arg_max_cases() {
  return {
      {.name = "ArgMaxFirstOfEquals",
       .graph = "g (float[2,4] x) => (int64[2,1] y) { y = ArgMax <axis = 1> (x) }",
       .inputs = {{"x", Tensor::of<float>({2, 4}, {1, 3, 3, 2, 0, -1, 0, -2})}}},
      {.name = "ArgMaxLastOfEquals",
       .graph = "g (float[2,4] x) => (int64[2] y) { y = ArgMax <axis = -1, keepdims = 0, "
                "select_last_index = 1> (x) }",
       .inputs = {{"x", Tensor::of<float>({2, 4}, {1, 3, 3, 2, 0, -1, 0, -2})}}},
      {.name = "ArgMaxLongRow",
       .graph = "g (float[3,100] x) => (int64[3] y) { y = ArgMax <axis = 1, keepdims = 0> (x) }"},
      {.name = "ArgMinFirstAxis",
       .graph = "g (float[5,3] x) => (int64[3] y) { y = ArgMin <keepdims = 0> (x) }"},
      {.name = "ArgMinLastAxis",
       .graph = "g (float[3,37] x) => (int64[3] y) { y = ArgMin <axis = 1, keepdims = 0> (x) }"},
      {.name = "ArgMinInt64",
       .graph = "g (int64[2,6] x) => (int64[2,1] y) { y = ArgMin <axis = 1> (x) }"},
  };
}

}  // namespace gatefold::test
