#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> one_hot_cases() {
  return {
      {.name = "OneHotLastAxis",
       .graph = "g (int64[2,3] i, float[2] v) => (float[2,3,4] y) <int64 depth = {4}> { y = "
                "OneHot (i, depth, v) }"},
      {.name = "OneHotFirstAxis",
       .graph = "g (int64[5] i, float[2] v) => (float[3,5] y) <int64[1] depth = {3}> { y = "
                "OneHot <axis = 0> (i, depth, v) }",
       .inputs = {{"i", Tensor::of<std::int64_t>({5}, {0, -1, 2, 3, -4})}}},
      {.name = "OneHotFloatIndices",
       .graph = "g (float[2] i, int64[2] v) => (int64[2,3] y) <float depth = {3.0}> { y = "
                "OneHot (i, depth, v) }",
       .inputs = {{"i", Tensor::of<float>({2}, {1, 2})}}},
  };
}

}  // namespace gatefold::test
