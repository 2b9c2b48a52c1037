#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> reshape_cases() {
  return {
      {.name = "ReshapeKeepsAndInfersExtents",
       .graph = "g (float[2,3,4] x) => (float[a,b] y) <int64[2] s = {0, -1}> { y = Reshape "
                "(x, s) }"},
      {.name = "ReshapeShapeGivenAtRunTime",
       .graph = "g (float[2,6] x, int64[3] s) => (float[a,b,c] y) { y = Reshape (x, s) }",
       .inputs = {{"s", Tensor::of<std::int64_t>({3}, {3, 2, 2})}}},
      {.name = "ReshapeAllowZero",
       .graph = "g (float[0,3] x) => (float[a,b] y) <int64[2] s = {3, 0}> { y = Reshape "
                "<allowzero = 1> (x, s) }"},
      {.name = "ReshapeToScalar",
       .graph = "g (float[1,1] x) => (float y) <int64[0] s = {}> { y = Reshape (x, s) }"},
      {.name = "ReshapeHalf",
       .graph = "g (float16[2,2] x) => (float16[a] y) <int64[1] s = {-1}> { y = Reshape "
                "(x, s) }"},
      {.name = "FlattenDefault",
       .graph = "g (float[2,3,4] x) => (float[a,b] y) { y = Flatten (x) }"},
      {.name = "FlattenNegativeAxis",
       .graph = "g (float[2,3,4] x) => (float[a,b] y) { y = Flatten <axis = -1> (x) }"},
      {.name = "FlattenScalar",
       .graph = "g (float x) => (float[a,b] y) { y = Flatten <axis = 0> (x) }"},
      {.name = "SqueezeAxes",
       .graph = "g (float[1,3,1,2] x) => (float[a,b,c] y) <int64[1] axes = {-2}> { y = "
                "Squeeze (x, axes) }"},
      {.name = "SqueezeAll", .graph = "g (int64[1,3,1] x) => (int64[a] y) { y = Squeeze (x) }"},
      {.name = "UnsqueezeUnsortedAxes",
       .graph = "g (float[2,3] x) => (float[a,b,c,d] y) <int64[2] axes = {-1, 0}> { y = "
                "Unsqueeze (x, axes) }"},
      {.name = "UnsqueezeScalar",
       .graph = "g (bool x) => (bool[a] y) <int64[1] axes = {0}> { y = Unsqueeze (x, axes) "
                "}"},
  };
}

}  // namespace gatefold::test
