#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> identity_cases() {
  return {
      {.name = "Identity", .graph = "g (float[2,3] x) => (float[2,3] y) { y = Identity (x) }"},
      {.name = "IdentityBool", .graph = "g (bool[4] x) => (bool[4] y) { y = Identity (x) }"},
  };
}

}  // namespace gatefold::test
