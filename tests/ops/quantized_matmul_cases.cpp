#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> quantized_matmul_cases() {
  return {
      {.name = "MatMulIntegerZeroPoints",
       .graph = "g (uint8[4,3] a, uint8[3,2] b) => (int32[4,2] y) <uint8 p = {12}, uint8[2] q = "
                "{1, 2}> { y = MatMulInteger (a, b, p, q) }"},
      {.name = "MatMulIntegerSigned",
       .graph = "g (uint8[2,4,3] a, int8[3,2] b) => (int32[2,4,2] y) { y = MatMulInteger (a, b) "
                "}"},
      {.name = "MatMulIntegerZeroPointsInLists",
       .graph = "g (uint8[4,3] a, int8[3,2] b) => (int32[4,2] y) <uint8[1] p = {12}, int8[1] q = "
                "{1}> { y = MatMulInteger (a, b, p, q) }"},
      {.name = "MatMulIntegerZeroPointInAListAlone",
       .graph = "g (uint8[4,3] a, int8[3,2] b) => (int32[4,2] y) <int8[1] q = {1}> { y = "
                "MatMulInteger (a, b, , q) }"},
      {.name = "QLinearMatMulScalesInLists",
       .graph = "g (uint8[2,4] a, uint8[4,3] b) => (uint8[2,3] y) <float[1] sa = {0.02}, uint8 za "
                "= {3}, float sb = {0.01}, uint8[1] zb = {1}, float[1] sy = {0.001}, uint8[1] zy = "
                "{118}> { y = QLinearMatMul (a, sa, za, b, sb, zb, sy, zy) }"},
      {.name = "QLinearMatMulOneZeroPointForAllColumns",
       .graph =
           "g (uint8[2,4] a, uint8[4,3] b) => (uint8[2,3] y) <float sa = {0.02}, uint8[1] za "
           "= {3}, float[3] sb = {0.01, 0.02, 0.03}, uint8 zb = {1}, float sy = {0.001}, uint8 "
           "zy = {118}> { y = QLinearMatMul (a, sa, za, b, sb, zb, sy, zy) }"},
      {.name = "QLinearMatMul",
       .graph = "g (uint8[2,4] a, uint8[4,3] b) => (uint8[2,3] y) <float sa = {0.02}, uint8 za "
                "= {3}, float sb = {0.01}, uint8 zb = {1}, float sy = {0.001}, uint8 zy = "
                "{118}> { y = QLinearMatMul (a, sa, za, b, sb, zb, sy, zy) }"},
  };
}

}  // namespace gatefold::test
