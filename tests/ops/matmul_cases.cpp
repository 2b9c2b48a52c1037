#include "tests/ops/op_case.h"
#include "tests/random_inputs.h"

namespace gatefold::test {

std::vector<OpCase> matmul_cases() {
  return {
      {.name = "MatMulUnknownBatches",
       .graph = "g (float[n,2,3] a, float[m,3,4] b) => (float[k,2,4] y) { y = MatMul (a, b) }",
       .inputs = {{"a", random_tensor({DataType::kFloat32, Dims{2, 2, 3}}, 1)},
                  {"b", random_tensor({DataType::kFloat32, Dims{1, 3, 4}}, 2)}}},
      {.name = "MatMulRowTimesStack",
       .graph = "g (float[3] a, float[2,3,4] b) => (float[2,4] y) { y = MatMul (a, b) }"},
      {.name = "MatMulSmall",
       .graph = "g (float[5,7] a, float[7,9] b) => (float[5,9] y) { y = MatMul (a, b) }"},
      {.name = "MatMulLarge",
       .graph = "g (float[65,130] a, float[130,67] b) => (float[65,67] y) { y = MatMul (a, b) }"},
      {.name = "MatMulRowTimesMatrix",
       .graph = "g (float[64] a, float[64,33] b) => (float[33] y) { y = MatMul (a, b) }"},
      {.name = "MatMulMatrixTimesColumn",
       .graph = "g (float[2,3,64] a, float[64] b) => (float[2,3] y) { y = MatMul (a, b) }"},
      {.name = "MatMulDotProduct",
       .graph = "g (float[6] a, float[6] b) => (float y) { y = MatMul (a, b) }"},
      {.name = "MatMulSharedRight",
       .graph = "g (float[2,3,4,5] a, float[5,6] b) => (float[2,3,4,6] y) { y = MatMul (a, b) }"},
      {.name = "MatMulBroadcastBoth",
       .graph = "g (float[3,1,4,5] a, float[2,5,6] b) => (float[3,2,4,6] y) { y = MatMul (a, b) }"},
      {.name = "MatMulDouble",
       .graph = "g (double[2,3] a, double[3,4] b) => (double[2,4] y) { y = MatMul (a, b) }"},
      {.name = "MatMulInt64",
       .graph = "g (int64[2,3] a, int64[3,4] b) => (int64[2,4] y) { y = MatMul (a, b) }"},
      {.name = "MatMulEmptyInner",
       .graph = "g (float[2,0] a, float[0,3] b) => (float[2,3] y) { y = MatMul (a, b) }"},
      {.name = "MatMulEmptyBatch",
       .graph = "g (float[0,2,3] a, float[3,4] b) => (float[0,2,4] y) { y = MatMul (a, b) }"},
  };
}

}  // namespace gatefold::test
