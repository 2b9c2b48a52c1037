#include "tests/ops/op_case.h"
#include "tests/random_inputs.h"

namespace gatefold::test {

std::vector<OpCase> conv_transpose_cases() {
  return {
      {.name = "ConvTransposeSideBySide",
       .graph = "g (float[2,4,5,19] x, float[4,3,2,2] w, float[6] b) => (float[2,6,10,38] y) "
                "{ y = ConvTranspose <group = 2, strides = [2, 2]> (x, w, b) }"},
      {.name = "ConvTransposeSideBySideThree",
       .graph = "g (float[1,3,2,3,17] x, float[3,2,1,3,4] w) => (float[1,2,2,9,68] y) "
                "{ y = ConvTranspose <strides = [1, 3, 4]> (x, w) }"},
      {.name = "ConvTransposeUnknownExtents",
       .graph = "g (float[n,4,s] x, float[4,3,3] w, float[6] b) => (float[n,6,o] y) "
                "{ y = ConvTranspose <group = 2, strides = [2], pads = [1, 0]> (x, w, b) }",
       .inputs = {{"x", random_tensor({DataType::kFloat32, Dims{2, 4, 5}}, 1)}}},
      {.name = "ConvTransposeOneAxis",
       .graph = "g (float[2,3,5] x, float[3,4,3] w, float[4] b) => (float[2,4,7] y) "
                "{ y = ConvTranspose (x, w, b) }"},
      {.name = "ConvTransposeStridesPads",
       .graph = "g (float[1,3,4,5] x, float[3,2,3,3] w) => (float[1,2,8,8] y) "
                "{ y = ConvTranspose <strides = [2, 2], pads = [1, 1, 0, 2], "
                "output_padding = [0, 0]> (x, w) }"},
      {.name = "ConvTransposeOutputPadding",
       .graph = "g (float[1,2,3,3] x, float[2,2,3,3] w) => (float[1,2,10,8] y) "
                "{ y = ConvTranspose <strides = [3, 2], output_padding = [1, 1]> (x, w) }"},
      {.name = "ConvTransposeOutputShape",
       .graph = "g (float[1,2,3,3] x, float[2,2,3,3] w) => (float[1,2,8,6] y) "
                "{ y = ConvTranspose <strides = [3, 2], output_shape = [8, 6]> (x, w) }"},
      {.name = "ConvTransposeSameUpper",
       .graph = "g (float[1,2,3] x, float[2,2,4] w) => (float[1,2,6] y) "
                "{ y = ConvTranspose <strides = [2], auto_pad = \"SAME_UPPER\"> (x, w) }"},
      {.name = "ConvTransposeGroupsDilated",
       .graph = "g (float[1,4,3,4] x, float[4,3,2,2] w, float[6] b) => (float[1,6,5,5] y) "
                "{ y = ConvTranspose <group = 2, dilations = [2, 1]> (x, w, b) }"},
      {.name = "ConvTransposeThreeAxes",
       .graph = "g (float[1,2,2,3,4] x, float[2,3,2,2,2] w) => (float[1,3,3,4,5] y) "
                "{ y = ConvTranspose (x, w) }"},
  };
}

}  // namespace gatefold::test
