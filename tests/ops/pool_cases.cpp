#include "tests/ops/op_case.h"
#include "tests/random_inputs.h"

namespace gatefold::test {

std::vector<OpCase> pool_cases() {
  return {
      {.name = "AveragePoolUnknownExtents",
       .graph = "g (float[n,2,s] x) => (float[n,2,o] y) "
                "{ y = AveragePool <kernel_shape = [3], strides = [2]> (x) }",
       .inputs = {{"x", random_tensor({DataType::kFloat32, Dims{2, 2, 8}}, 1)}}},
      {.name = "MaxPoolUnknownExtents",
       .graph = "g (float[n,2,s] x) => (float[n,2,o] y) "
                "{ y = MaxPool <kernel_shape = [3], pads = [1, 1], strides = [2]> (x) }",
       .inputs = {{"x", random_tensor({DataType::kFloat32, Dims{2, 2, 8}}, 1)}}},
      {.name = "MaxPoolOneAxis",
       .graph =
           "g (float[2,3,20] x) => (float[2,3,18] y) { y = MaxPool <kernel_shape = [3]> (x) }"},
      {.name = "MaxPoolStridesPadsDilations",
       .graph = "g (float[1,2,9,10] x) => (float[1,2,4,5] y) { y = MaxPool <kernel_shape = [3, 2], "
                "strides = [2, 2], dilations = [2, 3], pads = [1, 0, 1, 3]> (x) }"},
      {.name = "MaxPoolPhases",
       .graph = "g (float[1,2,5,70] x) => (float[1,2,4,34] y) "
                "{ y = MaxPool <kernel_shape = [2, 3], strides = [1, 2]> (x) }"},
      {.name = "MaxPoolOneByFour",
       .graph = "g (float[2,3,4,257] x) => (float[2,3,4,64] y) "
                "{ y = MaxPool <kernel_shape = [1, 4], strides = [1, 4]> (x) }"},
      {.name = "MaxPoolLinesFilled",
       .graph = "g (float[2,3,100,8] x) => (float[2,3,100,2] y) "
                "{ y = MaxPool <kernel_shape = [1, 4], strides = [1, 4]> (x) }"},
      {.name = "AveragePoolLinesFilled",
       .graph = "g (float[2,7,1,6] x) => (float[2,7,1,2] y) "
                "{ y = AveragePool <kernel_shape = [1, 2], strides = [1, 3]> (x) }"},
      {.name = "AveragePoolStrideThree",
       .graph = "g (float[1,2,100] x) => (float[1,2,34] y) { y = AveragePool "
                "<kernel_shape = [5], strides = [3], pads = [2, 2]> (x) }"},
      {.name = "MaxPoolIndices",
       .graph = "g (float[2,2,4,5] x) => (float[2,2,2,2] y, int64[2,2,2,2] i) "
                "{ y, i = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (x) }"},
      {.name = "MaxPoolIndicesByColumn",
       .graph = "g (float[1,2,4,5] x) => (float[1,2,2,2] y, int64[1,2,2,2] i) { y, i = MaxPool "
                "<kernel_shape = [2, 2], strides = [2, 2], storage_order = 1> (x) }"},
      {.name = "MaxPoolCeil",
       .graph = "g (float[1,1,4,4] x) => (float[1,1,2,2] y) "
                "{ y = MaxPool <kernel_shape = [3, 3], strides = [2, 2], ceil_mode = 1> (x) }"},
      {.name = "MaxPoolUint8",
       .graph = "g (uint8[1,1,5] x) => (uint8[1,1,3] y) "
                "{ y = MaxPool <kernel_shape = [5], pads = [1, 1]> (x) }"},
      {.name = "AveragePoolSameLower",
       .graph = "g (float[1,2,7,8] x) => (float[1,2,4,4] y) { y = AveragePool <kernel_shape = "
                "[3, 3], strides = [2, 2], auto_pad = \"SAME_LOWER\"> (x) }"},
      {.name = "AveragePoolCountsPadding",
       .graph = "g (float[1,2,7] x) => (float[1,2,4] y) { y = AveragePool <kernel_shape = [3], "
                "strides = [2], pads = [1, 1], count_include_pad = 1> (x) }"},
      {.name = "AveragePoolCeilDilated",
       .graph = "g (float[1,2,4,5,8] x) => (float[1,2,2,3,3] y) { y = AveragePool <kernel_shape = "
                "[2, 2, 2], strides = [2, 2, 3], dilations = [1, 1, 2], ceil_mode = 1> (x) }"},
      {.name = "LpPool",
       .graph = "g (float[1,2,7] x) => (float[1,2,5] y) "
                "{ y = LpPool <kernel_shape = [3], p = 3> (x) }"},
  };
}

}  // namespace gatefold::test
