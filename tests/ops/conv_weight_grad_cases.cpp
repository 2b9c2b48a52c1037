#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> conv_weight_grad_cases() {
  return {
      {.name = "ConvWeightGradOneAxis",
       .graph = "g (float[2,4,33] x, float[2,5,31] dY) => (float[a,b,c] dW) "
                "<int64[3] s = {5, 4, 3}> { dW = gatefold.ConvWeightGrad (x, dY, s) }"},
      {.name = "ConvWeightGradShapeIsAnInput",
       .graph = "g (float[2,2,9] x, float[2,3,8] dY, int64[3] s) => (float[a,b,c] dW) "
                "{ dW = gatefold.ConvWeightGrad (x, dY, s) }",
       .inputs = {{"s", Tensor::of<std::int64_t>({3}, {3, 2, 2})}}},
      {.name = "ConvWeightGradPointwise",
       .graph = "g (float[2,8,3,11] x, float[2,17,3,11] dY) => (float[a,b,c,d] dW) "
                "<int64[4] s = {17, 8, 1, 1}> { dW = gatefold.ConvWeightGrad (x, dY, s) }"},
      {.name = "ConvWeightGradWholeInput",
       .graph = "g (float[3,8,5] x, float[3,16,1] dY) => (float[a,b,c] dW) "
                "<int64[3] s = {16, 8, 5}> { dW = gatefold.ConvWeightGrad (x, dY, s) }"},
      {.name = "ConvWeightGradPadded",
       .graph = "g (float[2,3,9,21] x, float[2,4,9,21] dY) => (float[a,b,c,d] dW) "
                "<int64[4] s = {4, 3, 3, 3}> "
                "{ dW = gatefold.ConvWeightGrad <pads = [1, 1, 1, 1]> (x, dY, s) }"},
      {.name = "ConvWeightGradGroupsStridesAsymmetricPads",
       .graph = "g (float[1,4,9,10] x, float[1,6,5,6] dY) => (float[a,b,c,d] dW) "
                "<int64[4] s = {6, 2, 3, 3}> { dW = gatefold.ConvWeightGrad "
                "<group = 2, strides = [2, 2], pads = [1, 0, 1, 3]> (x, dY, s) }"},
      {.name = "ConvWeightGradDilated",
       .graph = "g (float[1,3,12,12] x, float[1,4,8,9] dY) => (float[a,b,c,d] dW) "
                "<int64[4] s = {4, 3, 3, 2}> "
                "{ dW = gatefold.ConvWeightGrad <dilations = [2, 3]> (x, dY, s) }"},
      {.name = "ConvWeightGradRoomBehindTheWindows",
       .graph = "g (float[2,2,14] x, float[2,3,4] dY) => (float[a,b,c] dW) "
                "<int64[3] s = {3, 2, 3}> "
                "{ dW = gatefold.ConvWeightGrad <strides = [2]> (x, dY, s) }"},
      {.name = "ConvWeightGradDepthwise",
       .graph = "g (float[2,6,20] x, float[2,12,20] dY) => (float[a,b,c] dW) "
                "<int64[3] s = {12, 1, 3}> "
                "{ dW = gatefold.ConvWeightGrad <group = 6, pads = [2, 0]> (x, dY, s) }"},
      {.name = "ConvWeightGradThreeAxes",
       .graph = "g (float[2,2,4,5,6] x, float[2,3,3,3,2] dY) => (float[a,b,c,d,e] dW) "
                "<int64[5] s = {3, 2, 2, 3, 3}> "
                "{ dW = gatefold.ConvWeightGrad <strides = [1, 1, 2]> (x, dY, s) }"},
      {.name = "ConvWeightGradPaddingWiderThanInput",
       .graph = "g (float[1,2,3] x, float[1,6,11] dY) => (float[a,b,c] dW) "
                "<int64[3] s = {6, 2, 4}> "
                "{ dW = gatefold.ConvWeightGrad <pads = [7, 7], dilations = [2]> (x, dY, s) }"},
      {.name = "ConvWeightGradLarge",
       .graph = "g (float[3,16,20,31] x, float[3,32,10,16] dY) => (float[a,b,c,d] dW) "
                "<int64[4] s = {32, 16, 3, 3}> { dW = gatefold.ConvWeightGrad "
                "<strides = [2, 2], pads = [1, 1, 1, 1]> (x, dY, s) }",
       .tolerance = 3e-5},
      {.name = "ConvWeightGradGroupsOfManyChannels",
       .graph = "g (float[1,18,20,41] x, float[1,20,20,41] dY) => (float[a,b,c,d] dW) "
                "<int64[4] s = {20, 9, 3, 3}> { dW = gatefold.ConvWeightGrad "
                "<group = 2, pads = [1, 1, 1, 1]> (x, dY, s) }",
       .tolerance = 5e-5},
      {.name = "ConvWeightGradNoBatch",
       .graph = "g (float[0,2,5] x, float[0,3,4] dY) => (float[a,b,c] dW) "
                "<int64[3] s = {3, 2, 2}> { dW = gatefold.ConvWeightGrad (x, dY, s) }"},
      {.name = "ConvWeightGradDouble",
       .graph = "g (double[2,2,5] x, double[2,3,4] dY) => (double[a,b,c] dW) "
                "<int64[3] s = {3, 2, 2}> { dW = gatefold.ConvWeightGrad (x, dY, s) }"},
  };
}

}  // namespace gatefold::test
