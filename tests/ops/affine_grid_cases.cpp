#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> affine_grid_cases() {
  return {
      {.name = "AffineGridPlane",
       .graph = "g (float[2,2,3] theta) => (float[a,b,c,d] grid) <int64[4] size = {2, 1, "
                "3, 4}> { grid = AffineGrid (theta, size) }"},
      {.name = "AffineGridVolumeCorners",
       .graph = "g (float[1,3,4] theta) => (float[a,b,c,d,e] grid) <int64[5] size = {1, 2, "
                "2, 1, 3}> { grid = AffineGrid <align_corners = 1> (theta, size) }"},
  };
}

}  // namespace gatefold::test
