#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> grid_sample_cases() {
  return {
      {.name = "GridSampleLinearZeros",
       .graph = "g (float[2,2,3,4] X, float[2,2,2,2] grid) => (float[a,b,c,d] Y) { Y = "
                "GridSample (X, grid) }"},
      {.name = "GridSampleCubicReflection",
       .graph = "g (float[1,1,4,4] X, float[1,3,2,2] grid) => (float[a,b,c,d] Y) { Y = "
                "GridSample <mode = \"cubic\", padding_mode = \"reflection\", "
                "align_corners = 1> (X, grid) }"},
      {.name = "GridSampleNearestBorder",
       .graph = "g (float[1,2,4,3] X) => (float[a,b,c,d] Y) <float[1,1,3,2] grid = {-1.5, "
                "-0.3, 0.2, 0.9, 1.4, 2.0}> { Y = GridSample <mode = \"nearest\", "
                "padding_mode = \"border\"> (X, grid) }"},
      {.name = "GridSampleVolume",
       .graph = "g (float[1,1,2,3,4] X, float[1,2,1,2,3] grid) => (float[a,b,c,d,e] Y) { Y "
                "= GridSample (X, grid) }"},
  };
}

}  // namespace gatefold::test
