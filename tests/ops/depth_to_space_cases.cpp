#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> depth_to_space_cases() {
  return {
      {.name = "DepthToSpaceDcr",
       .graph = "g (float[2,8,2,3] x) => (float[a,b,c,d] y) { y = DepthToSpace <blocksize "
                "= 2> (x) }"},
      {.name = "DepthToSpaceCrd",
       .graph = "g (float[1,9,2,2] x) => (float[a,b,c,d] y) { y = DepthToSpace <blocksize "
                "= 3, mode = \"CRD\"> (x) }"},
      {.name = "SpaceToDepthBlocks",
       .graph = "g (float[2,3,4,6] x) => (float[a,b,c,d] y) { y = SpaceToDepth <blocksize "
                "= 2> (x) }"},
  };
}

}  // namespace gatefold::test
