#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> einsum_cases() {
  return {
      {.name = "EinsumSumsOneAxisOfOne",
       .graph = "g (float[2,3,4] a, float[4,5] b) => (float[2,5] y) { y = Einsum <equation = "
                "\"abc,cd->ad\"> (a, b) }"},
      {.name = "EinsumTrace",
       .graph = "g (float[2,3,3] a, float[2] b) => (float y) { y = Einsum <equation = "
                "\"bii,b->\"> (a, b) }"},
      {.name = "EinsumThreeOperands",
       .graph = "g (float[2,3] a, float[3,4] b, float[2,4] c) => (float[2] y) { y = Einsum "
                "<equation = \"ij,jk,ik->i\"> (a, b, c) }"},
      {.name = "EinsumProduct",
       .graph = "g (float[3,4] a, float[4,5] b) => (float[3,5] y) { y = Einsum <equation = "
                "\"ij,jk->ik\"> (a, b) }"},
      {.name = "EinsumBatch",
       .graph = "g (float[2,3,4] a, float[2,5,4] b) => (float[2,3,5] y) { y = Einsum <equation "
                "= \"bij, bkj -> bik\"> (a, b) }"},
      {.name = "EinsumEllipsis",
       .graph = "g (float[2,1,3,4] a, float[5,4,6] b) => (float[2,5,3,6] y) { y = Einsum "
                "<equation = \"...ij,...jk\"> (a, b) }"},
      {.name = "EinsumDiagonal",
       .graph = "g (float[4,4] a) => (float[4] y) { y = Einsum <equation = \"ii->i\"> (a) }"},
      {.name = "EinsumSumsAll",
       .graph = "g (int64[3,4] a) => (int64 y) { y = Einsum <equation = \"ij->\"> (a) }"},
      {.name = "EinsumImplicitTranspose",
       .graph = "g (float[3,4] a) => (float[4,3] y) { y = Einsum <equation = \"ba\"> (a) }"},
  };
}

}  // namespace gatefold::test
