#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> expand_cases() {
  return {
      {.name = "ExpandInnerAxis",
       .graph = "g (float[3,1] x) => (float[a,b] y) <int64[2] s = {3, 4}> { y = Expand (x, "
                "s) }"},
      {.name = "ExpandNewAxisKeepsOthers",
       .graph = "g (float[3,1,5] x) => (float[a,b,c,d] y) <int64[4] s = {2, 1, 6, 1}> { y "
                "= Expand (x, s) }"},
      {.name = "ExpandScalar",
       .graph = "g (int64 x) => (int64[a,b] y) <int64[2] s = {2, 3}> { y = Expand (x, s) }"},
      {.name = "ExpandToNothing",
       .graph = "g (float[1,2] x) => (float[a,b] y) <int64[2] s = {0, 2}> { y = Expand (x, "
                "s) }"},
      {.name = "ExpandShapeAtRunTime",
       .graph = "g (float[1,2] x, int64[2] s) => (float[a,b] y) { y = Expand (x, s) }",
       .inputs = {{"s", Tensor::of<std::int64_t>({2}, {3, 1})}}},
      {.name = "TileTwoAxes",
       .graph = "g (float[2,3] x) => (float[a,b] y) <int64[2] r = {2, 3}> { y = Tile (x, "
                "r) }"},
      {.name = "TileOnce",
       .graph = "g (float[2,3] x) => (float[a,b] y) <int64[2] r = {1, 1}> { y = Tile (x, "
                "r) }"},
      {.name = "TileZeroTimes",
       .graph = "g (float[2,3] x) => (float[a,b] y) <int64[2] r = {1, 0}> { y = Tile (x, "
                "r) }"},
      {.name = "TileBytes",
       .graph = "g (bool[3] x) => (bool[a] y) <int64[1] r = {4}> { y = Tile (x, r) }"},
      {.name = "SumToShape",
       .graph = "g (float[2,3,4] x, int64[2] s) => (float[a,b] y) "
                "{ y = gatefold.SumToShape (x, s) }",
       .inputs = {{"s", Tensor::of<std::int64_t>({2}, {3, 1})}}},
      {.name = "SumToShapeOfKnownExtents",
       .graph = "g (float[2,3,4] x) => (float[3,1] y) <int64[2] s = {3, 1}> "
                "{ y = gatefold.SumToShape (x, s) }"},
      {.name = "SumToShapeOfAScalar",
       .graph = "g (double[2,3] x) => (double y) <int64[0] s = {}> "
                "{ y = gatefold.SumToShape (x, s) }"},
  };
}

}  // namespace gatefold::test
