#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> softmax_cases() {
  return {
      {.name = "SoftmaxShortRows",
       .graph = "g (float[4,5] x) => (float[4,5] y) { y = Softmax (x) }"},
      {.name = "SoftmaxLongRows",
       .graph = "g (float[3,131] x) => (float[3,131] y) { y = Softmax (x) }"},
      {.name = "SoftmaxMiddleAxis",
       .graph = "g (float[2,5,37] x) => (float[2,5,37] y) { y = Softmax <axis = 1> (x) }"},
      {.name = "SoftmaxLargeNumbers",
       .graph = "g (float[2,3] x) => (float[2,3] y) { y = Softmax (x) }",
       .inputs = {{"x", Tensor::of<float>({2, 3}, {1000, 1001, 999, -1000, -1e30F, -1001})}}},
      {.name = "SoftmaxEmpty", .graph = "g (float[0,3] x) => (float[0,3] y) { y = Softmax (x) }"},
      {.name = "SoftmaxDouble",
       .graph = "g (double[2,3] x) => (double[2,3] y) { y = Softmax <axis = 0> (x) }"},
      {.name = "SoftmaxBfloat16",
       .graph = "g (bfloat16[4,9] x) => (bfloat16[4,9] y) { y = Softmax (x) }",
       .tolerance = 1e-2},
      {.name = "LogSoftmaxRows",
       .graph = "g (float[3,41] x) => (float[3,41] y) { y = LogSoftmax (x) }"},
      {.name = "LogSoftmaxFirstAxis",
       .graph = "g (float[6,20] x) => (float[6,20] y) { y = LogSoftmax <axis = 0> (x) }"},
      {.name = "HardmaxFirstOfEquals",
       .graph = "g (float[2,3] x) => (float[2,3] y) { y = Hardmax (x) }",
       .inputs = {{"x", Tensor::of<float>({2, 3}, {1, 2, 2, 3, 0, 1})}}},
  };
}

}  // namespace gatefold::test
