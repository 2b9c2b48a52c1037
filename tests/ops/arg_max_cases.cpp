#include <cmath>

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
      {.name = "ArgMaxMiddleAxisWithNan",
       .graph = "g (float[2,3,2] x) => (int64[2,2] y) { y = ArgMax <axis = 1, keepdims = 0> (x) }",
       .inputs = {{"x",
                   Tensor::of<float>({2, 3, 2}, {1, NAN, 4, 2, 4, NAN, 0, -1, NAN, -2, 3, -1})}}},
      {.name = "ArgMaxLastOfBytes",
       .graph = "g (uint8[4,3] x) => (int64[1,3] y) { y = ArgMax <select_last_index = 1> (x) }",
       .inputs = {{"x", Tensor::of<std::uint8_t>({4, 3}, {1, 3, 0, 9, 3, 0, 9, 2, 0, 8, 1, 0})}}},
      {.name = "ArgMinInt64",
       .graph = "g (int64[2,6] x) => (int64[2,1] y) { y = ArgMin <axis = 1> (x) }"},
  };
}

}  // namespace gatefold::test
