#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> cum_sum_cases() {
  return {
      {.name = "CumSumFirstAxis",
       .graph = "g (float[4,3] x) => (float[a,b] y) <int64 axis = {0}> { y = CumSum (x, "
                "axis) }"},
      {.name = "CumSumLastAxisReverse",
       .graph = "g (float[2,5] x) => (float[a,b] y) <int32 axis = {-1}> { y = CumSum "
                "<reverse = 1> (x, axis) }"},
      {.name = "CumSumExclusiveIntegers",
       .graph = "g (int64[2,4,2] x) => (int64[a,b,c] y) <int64 axis = {1}> { y = CumSum "
                "<exclusive = 1> (x, axis) }"},
      {.name = "CumSumExclusiveReverse",
       .graph = "g (float[6] x) => (float[a] y) <int64[1] axis = {0}> { y = CumSum "
                "<exclusive = 1, reverse = 1> (x, axis) }"},
      {.name = "CumSumAxisAtRunTime",
       .graph = "g (double[2,3] x, int64 axis) => (double[a,b] y) { y = CumSum (x, axis) }",
       .inputs = {{"axis", Tensor::of<std::int64_t>({}, {1})}}},
      {.name = "CumSumInt32",
       .graph = "g (int32[5] x) => (int32[a] y) <int64 axis = {0}> { y = CumSum (x, axis) }"},
      {.name = "CumSumEmpty",
       .graph = "g (float[0,3] x) => (float[a,b] y) <int64 axis = {0}> { y = CumSum (x, "
                "axis) }"},
  };
}

}  // namespace gatefold::test
