#include "tests/ops/op_case.h"
#include "tests/random_inputs.h"

namespace gatefold::test {

std::vector<OpCase> reduce_cases() {
  return {
      {.name = "ReduceMeanUnknownExtents",
       .graph = "g (float[n,s] x) => (float[n] y) <int64[1] axes = {-1}> { y = ReduceMean "
                "<keepdims = 0> (x, axes) }",
       .inputs = {{"x", random_tensor({DataType::kFloat32, Dims{3, 4}}, 1)}}},
      {.name = "ReduceProdWithZeros",
       .graph = "g (float[3,3] x) => (float[3,1] y) <int64[1] axes = {1}> { y = ReduceProd (x, "
                "axes) }",
       .inputs = {{"x", Tensor::of<float>({3, 3}, {1, 0, 3, 0, 2, 0, 4, 5, 6})}}},
      {.name = "ReduceSumLastAxis",
       .graph = "g (float[3,4,37] x) => (float[3,4,1] y) <int64[1] axes = {-1}> { y = ReduceSum "
                "(x, axes) }"},
      {.name = "ReduceSumFirstAxis",
       .graph = "g (float[5,67] x) => (float[67] y) <int64[1] axes = {0}> { y = ReduceSum "
                "<keepdims = 0> (x, axes) }"},
      {.name = "ReduceSumMiddleAxis",
       .graph = "g (float[3,5,19] x) => (float[3,1,19] y) <int64[1] axes = {1}> { y = ReduceSum "
                "(x, axes) }"},
      {.name = "ReduceSumOuterAxes",
       .graph = "g (float[3,5,4,7] x) => (float[5,7] y) <int64[2] axes = {0, 2}> { y = "
                "ReduceSum <keepdims = 0> (x, axes) }"},
      {.name = "ReduceSumOfAll",
       .graph = "g (float[3,5,4] x) => (float y) { y = ReduceSum <keepdims = 0> (x) }"},
      {.name = "ReduceSumOfScalar", .graph = "g (float x) => (float y) { y = ReduceSum (x) }"},
      {.name = "ReduceSumNoAxes",
       .graph = "g (float[2,3] x) => (float[2,3] y) <int64[0] axes = {}> { y = ReduceSum "
                "<noop_with_empty_axes = 1> (x, axes) }"},
      {.name = "ReduceSumAxesGivenAtRun",
       .graph = "g (float[2,3] x, int64[1] axes) => (float[a,b] y) { y = ReduceSum (x, axes) }",
       .inputs = {{"axes", Tensor::of<std::int64_t>({1}, {1})}}},
      {.name = "ReduceSumEmptySet",
       .graph = "g (float[2,0,4] x) => (float[2,1,4] y) <int64[1] axes = {1}> { y = ReduceSum "
                "(x, axes) }"},
      {.name = "ReduceSumInt64",
       .graph = "g (int64[3,4] x) => (int64[3] y) <int64[1] axes = {1}> { y = ReduceSum "
                "<keepdims = 0> (x, axes) }"},
      {.name = "ReduceMeanLastAxis",
       .graph = "g (float[4,50] x) => (float[4,1] y) <int64[1] axes = {1}> { y = ReduceMean (x, "
                "axes) }"},
      {.name = "ReduceMeanInt64",
       .graph = "g (int64[3,4] x) => (int64[1,4] y) <int64[1] axes = {0}> { y = ReduceMean (x, "
                "axes) }"},
      {.name = "ReduceProd",
       .graph = "g (float[4,9] x) => (float[4] y) <int64[1] axes = {1}> { y = ReduceProd "
                "<keepdims = 0> (x, axes) }"},
      {.name = "ReduceMaxRows",
       .graph = "g (float[4,33] x) => (float[4] y) <int64[1] axes = {1}> { y = ReduceMax "
                "<keepdims = 0> (x, axes) }"},
      {.name = "ReduceMaxColumns",
       .graph = "g (float[4,33] x) => (float[33] y) <int64[1] axes = {0}> { y = ReduceMax "
                "<keepdims = 0> (x, axes) }"},
      {.name = "ReduceMaxInt64",
       .graph = "g (int64[3,4] x) => (int64[3] y) <int64[1] axes = {1}> { y = ReduceMax "
                "<keepdims = 0> (x, axes) }"},
      {.name = "ReduceMaxBool",
       .graph = "g (bool[3,2] x) => (bool[3] y) <int64[1] axes = {1}> { y = ReduceMax <keepdims "
                "= 0> (x, axes) }"},
      {.name = "ReduceMinColumns",
       .graph = "g (float[4,33] x) => (float[1,33] y) <int64[1] axes = {0}> { y = ReduceMin (x, "
                "axes) }"},
      {.name = "ReduceMinEmptySet",
       .graph = "g (float[2,0] x) => (float[2] y) <int64[1] axes = {1}> { y = ReduceMin "
                "<keepdims = 0> (x, axes) }"},
      {.name = "ReduceL1",
       .graph = "g (float[4,33] x) => (float[4] y) <int64[1] axes = {1}> { y = ReduceL1 "
                "<keepdims = 0> (x, axes) }"},
      {.name = "ReduceL2",
       .graph = "g (float[4,33] x) => (float[33] y) <int64[1] axes = {0}> { y = ReduceL2 "
                "<keepdims = 0> (x, axes) }"},
      {.name = "ReduceSumSquare",
       .graph = "g (float[4,33] x) => (float y) { y = ReduceSumSquare <keepdims = 0> (x) }"},
      {.name = "ReduceLogSum",
       .graph = "g (float[2,3] x) => (float[2] y) <int64[1] axes = {1}> { y = ReduceLogSum "
                "<keepdims = 0> (x, axes) }",
       .inputs = {{"x", Tensor::of<float>({2, 3}, {1, 2, 3, 4, 5, 6})}}},
      {.name = "ReduceLogSumExp",
       .graph = "g (float[4,5] x) => (float[4,1] y) <int64[1] axes = {1}> { y = ReduceLogSumExp "
                "(x, axes) }"},
  };
}

}  // namespace gatefold::test
