#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> gemm_cases() {
  return {
      {.name = "GemmBiasRow",
       .graph = "g (float[3,5] a, float[5,20] b, float[20] c) => (float[3,20] y) "
                "{ y = Gemm (a, b, c) }"},
      {.name = "GemmTransposedScaled",
       .graph = "g (float[5,3] a, float[7,5] b, float[3,1] c) => (float[3,7] y) "
                "{ y = Gemm <alpha = 0.5, beta = 2.0, transA = 1, transB = 1> (a, b, c) }"},
      {.name = "GemmTransposedLarge",
       .graph = "g (float[40,64] a, float[100,64] b, float c) => (float[40,100] y) "
                "{ y = Gemm <transB = 1> (a, b, c) }"},
      {.name = "GemmWithoutC",
       .graph = "g (float[1,64] a, float[32,64] b) => (float[1,32] y) "
                "{ y = Gemm <transB = 1> (a, b) }"},
      {.name = "GemmZeroBetaIgnoresC",
       .graph = "g (float[2,3] a, float[3,4] b, float[2,4] c) => (float[2,4] y) "
                "{ y = Gemm <beta = 0.0> (a, b, c) }"},
      {.name = "GemmDouble",
       .graph = "g (double[3,2] a, double[3,4] b, double[1,4] c) => (double[2,4] y) "
                "{ y = Gemm <transA = 1, alpha = 0.25> (a, b, c) }"},
      {.name = "GemmFloat16",
       .graph = "g (float16[3,5] a, float16[5,20] b, float16[20] c) => (float16[3,20] y) "
                "{ y = Gemm (a, b, c) }",
       .tolerance = 1e-3},
  };
}

}  // namespace gatefold::test
