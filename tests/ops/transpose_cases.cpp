#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> transpose_cases() {
  return {
      {.name = "TransposeMatrix",
       .graph = "g (float[35,18] x) => (float[a,b] y) { y = Transpose (x) }"},
      {.name = "TransposeSwapsTimeAndBatch",
       .graph = "g (float[5,3,8] x) => (float[a,b,c] y) { y = Transpose <perm = [1, 0, 2]> "
                "(x) }"},
      {.name = "TransposeReversed",
       .graph = "g (float[3,4,5] x) => (float[a,b,c] y) { y = Transpose (x) }"},
      {.name = "TransposeFourAxes",
       .graph = "g (double[2,3,4,5] x) => (double[a,b,c,d] y) { y = Transpose <perm = [2, "
                "0, 3, 1]> (x) }"},
      {.name = "TransposeMovesPairs",
       .graph = "g (float[4,3,2] x) => (float[a,b,c] y) { y = Transpose <perm = [1, 0, 2]> "
                "(x) }"},
      {.name = "TransposeBytes", .graph = "g (bool[3,5] x) => (bool[a,b] y) { y = Transpose (x) }"},
      {.name = "TransposeHalf",
       .graph = "g (bfloat16[3,1,5] x) => (bfloat16[a,b,c] y) { y = Transpose <perm = [2, "
                "1, 0]> (x) }"},
      {.name = "TransposeEmpty",
       .graph = "g (float[0,3] x) => (float[a,b] y) { y = Transpose (x) }"},
      {.name = "TransposeScalar", .graph = "g (float x) => (float y) { y = Transpose (x) }"},
  };
}

}  // namespace gatefold::test
