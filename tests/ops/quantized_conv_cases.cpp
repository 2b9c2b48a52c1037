#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> quantized_conv_cases() {
  return {
      {.name = "ConvIntegerZeroPoint",
       .graph = "g (uint8[1,1,3,3] x, uint8[1,1,2,2] w) => (int32[1,1,4,4] y) <uint8 z = {1}> "
                "{ y = ConvInteger <pads = [1, 1, 1, 1]> (x, w, z) }"},
      {.name = "ConvIntegerZeroPointsInLists",
       .graph = "g (uint8[1,1,3,3] x, uint8[1,1,2,2] w) => (int32[1,1,2,2] y) <uint8[1] z = {1}, "
                "uint8[1] q = {2}> { y = ConvInteger (x, w, z, q) }"},
      {.name = "ConvIntegerPerChannel",
       .graph = "g (uint8[2,4,6] x, int8[6,2,3] w, int8[6] q) => (int32[2,6,4] y) "
                "<uint8 z = {2}> { y = ConvInteger <group = 2> (x, w, z, q) }"},
      {.name = "QLinearConvScalesInLists",
       .graph = "g (uint8[1,2,5] x, uint8[3,2,2] w) => (uint8[1,3,4] y) "
                "<float[1] xs = {0.1}, uint8 xz = {1}, float[1] ws = {0.5}, uint8 wz = {2}, "
                "float[1] ys = {0.05}, uint8[1] yz = {100}> "
                "{ y = QLinearConv (x, xs, xz, w, ws, wz, ys, yz) }"},
      {.name = "QLinearConvOneZeroPointForAllChannels",
       .graph = "g (uint8[1,2,5] x, uint8[3,2,2] w) => (uint8[1,3,4] y) "
                "<float xs = {0.1}, uint8[1] xz = {1}, float[3] ws = {0.5, 0.25, 0.2}, "
                "uint8[1] wz = {2}, float ys = {0.05}, uint8 yz = {100}> "
                "{ y = QLinearConv (x, xs, xz, w, ws, wz, ys, yz) }"},
      {.name = "QLinearConvPerChannel",
       .graph = "g (uint8[1,2,5] x, uint8[3,2,2] w, int32[3] b) => (uint8[1,3,4] y) "
                "<float xs = {0.1}, uint8 xz = {1}, float[3] ws = {0.5, 0.25, 0.2}, "
                "uint8[3] wz = {0, 1, 2}, float ys = {0.05}, uint8 yz = {100}> "
                "{ y = QLinearConv (x, xs, xz, w, ws, wz, ys, yz, b) }"},
  };
}

}  // namespace gatefold::test
