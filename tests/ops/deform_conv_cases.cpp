#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> deform_conv_cases() {
  return {
      {.name = "DeformConvGroups",
       .graph = "g (float[1,4,5,5] x, float[2,2,2,2] w, float[1,16,4,4] o, float[2] b, "
                "float[1,8,4,4] m) => (float[1,2,4,4] y) "
                "{ y = DeformConv <group = 2, offset_group = 2> (x, w, o, b, m) }"},
      {.name = "DeformConvPadded",
       .graph = "g (float[1,1,4,4] x, float[1,1,3,3] w, float[1,18,4,4] o) => (float[1,1,4,4] y) "
                "{ y = DeformConv <pads = [1, 1, 1, 1], kernel_shape = [3, 3]> (x, w, o) }"},
  };
}

}  // namespace gatefold::test
