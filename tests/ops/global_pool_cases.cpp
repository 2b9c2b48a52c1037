#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> global_pool_cases() {
  return {
      {.name = "GlobalAveragePool",
       .graph = "g (float[2,3,4,5] x) => (float[2,3,1,1] y) { y = GlobalAveragePool (x) }"},
      {.name = "GlobalMaxPool",
       .graph = "g (float[2,3,37] x) => (float[2,3,1] y) { y = GlobalMaxPool (x) }"},
      {.name = "GlobalLpPool",
       .graph = "g (double[2,3,4,5] x) => (double[2,3,1,1] y) { y = GlobalLpPool <p = 3> (x) }"},
  };
}

}  // namespace gatefold::test
