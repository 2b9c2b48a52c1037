#include "tests/ops/op_case.h"
#include "tests/random_inputs.h"

namespace gatefold::test {

std::vector<OpCase> conv_cases() {
  return {
      {.name = "ConvUnknownExtents",
       .graph = "g (float[n,4,s] x, float[6,2,3] w, float[6] b) => (float[n,6,o] y) "
                "{ y = Conv <group = 2, strides = [2], pads = [1, 2]> (x, w, b) }",
       .inputs = {{"x", random_tensor({DataType::kFloat32, Dims{2, 4, 8}}, 1)}}},
      {.name = "ConvOneAxis",
       .graph = "g (float[2,4,33] x, float[5,4,3] w, float[5] b) => (float[2,5,31] y) "
                "{ y = Conv (x, w, b) }"},
      {.name = "ConvPointwise",
       .graph = "g (float[2,8,1,33] x, float[16,8,1,1] w, float[16] b) => (float[2,16,1,33] y) "
                "{ y = Conv (x, w, b) }"},
      {.name = "ConvWholeInput",
       .graph = "g (float[1,8,5] x, float[16,8,5] w) => (float[1,16,1] y) { y = Conv (x, w) }"},
      {.name = "ConvGroupsStridesAsymmetricPads",
       .graph = "g (float[1,4,9,10] x, float[6,2,3,3] w, float[6] b) => (float[1,6,5,6] y) "
                "{ y = Conv <group = 2, strides = [2, 2], pads = [1, 0, 1, 3]> (x, w, b) }"},
      {.name = "ConvDilated",
       .graph = "g (float[1,3,12,12] x, float[4,3,3,2] w) => (float[1,4,8,9] y) "
                "{ y = Conv <dilations = [2, 3]> (x, w) }"},
      {.name = "ConvSameUpper",
       .graph = "g (float[1,2,7,8] x, float[3,2,2,4] w) => (float[1,3,4,4] y) "
                "{ y = Conv <auto_pad = \"SAME_UPPER\", strides = [2, 2]> (x, w) }"},
      {.name = "ConvSameLower",
       .graph = "g (float[1,2,8] x, float[3,2,4] w) => (float[1,3,8] y) "
                "{ y = Conv <auto_pad = \"SAME_LOWER\"> (x, w) }"},
      {.name = "ConvDepthwise",
       .graph = "g (float[2,6,20] x, float[12,1,3] w, float[12] b) => (float[2,12,20] y) "
                "{ y = Conv <group = 6, pads = [2, 0]> (x, w, b) }"},
      {.name = "ConvDepthwiseFewOutputs",
       .graph = "g (float[1,6,4,9] x, float[6,1,3,7] w, float[6] b) => (float[1,6,3,5] y) "
                "{ y = Conv <group = 6, strides = [1, 2], pads = [0, 3, 1, 3]> (x, w, b) }"},
      {.name = "ConvThreeAxes",
       .graph = "g (float[1,2,4,5,6] x, float[3,2,2,3,3] w) => (float[1,3,3,3,2] y) "
                "{ y = Conv <strides = [1, 1, 2]> (x, w) }"},
      {.name = "ConvLarge",
       .graph = "g (float[1,32,40,40] x, float[64,32,3,3] w, float[64] b) => "
                "(float[1,64,40,40] y) { y = Conv <pads = [1, 1, 1, 1]> (x, w, b) }",
       .tolerance = 4e-5},
      {.name = "ConvWide",
       .graph = "g (float[1,64,6,300] x, float[17,64,3,3] w) => (float[1,17,4,299] y) { y = Conv "
                "<pads = [0, 1, 0, 0]> (x, w) }",
       .tolerance = 4e-5},
      {.name = "ConvPointwiseGroups",
       .graph = "g (float[2,22,5,31] x, float[38,11,1,1] w, float[38] b) => (float[2,38,5,31] y) "
                "{ y = Conv <group = 2> (x, w, b) }"},
      {.name = "ConvPointwiseParts",
       .graph = "g (float[1,130,90,9] x, float[60,130,1,1] w) => (float[1,60,90,9] y) "
                "{ y = Conv (x, w) }"},
      {.name = "ConvOddTiles",
       .graph = "g (float[2,5,7,9] x, float[6,5,3,3] w) => (float[2,6,6,9] y) "
                "{ y = Conv <pads = [1, 0, 0, 2]> (x, w) }"},
      {.name = "ConvManyTiles",
       .graph = "g (float[1,3,5,203] x, float[5,3,3,3] w, float[5] b) => (float[1,5,5,203] y) "
                "{ y = Conv <pads = [1, 1, 1, 1]> (x, w, b) }"},
      {.name = "ConvOddChannels",
       .graph = "g (float[2,3,7,29] x, float[37,3,2,5] w, float[37] b) => (float[2,37,6,13] y) "
                "{ y = Conv <strides = [1, 2]> (x, w, b) }"},
      {.name = "ConvStrideBeyondKernel",
       .graph = "g (float[1,5,40] x, float[17,5,2] w) => (float[1,17,8] y) "
                "{ y = Conv <strides = [5]> (x, w) }"},
      {.name = "ConvStridedPhases",
       .graph = "g (float[1,1,900] x, float[70,1,64] w) => (float[1,70,57] y) "
                "{ y = Conv <strides = [16], pads = [33, 34]> (x, w) }"},
      {.name = "ConvPaddingWiderThanInput",
       .graph = "g (float[1,2,3] x, float[6,2,4] w, float[6] b) => (float[1,6,11] y) "
                "{ y = Conv <pads = [7, 7], dilations = [2]> (x, w, b) }"},
      {.name = "ConvGroupsOfPanels",
       .graph = "g (float[1,6,5,14] x, float[40,3,3,3] w, float[40] b) => (float[1,40,5,14] y) "
                "{ y = Conv <group = 2, pads = [1, 1, 1, 1]> (x, w, b) }"},
      {.name = "ConvDouble",
       .graph = "g (double[1,2,5] x, double[3,2,2] w) => (double[1,3,4] y) { y = Conv (x, w) }"},
  };
}

}  // namespace gatefold::test
