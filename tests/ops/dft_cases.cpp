#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> dft_cases() {
  return {
      {.name = "DFTReal", .graph = "g (float[2,10,1] x) => (float[2,10,2] y) { y = DFT (x) }"},
      {.name = "DFTOneSided",
       .graph = "g (float[2,7,1] x) => (float[2,4,2] y) { y = DFT <onesided = 1> (x) }"},
      {.name = "DFTPadded",
       .graph = "g (float[1,5,1] x) => (float[1,8,2] y) <int64 length = {8}> { y = DFT (x, "
                "length) }"},
      {.name = "DFTInverseFirstAxis",
       .graph = "g (float[6,3,2] x) => (float[6,3,2] y) <int64 axis = {0}> { y = DFT <inverse = "
                "1> (x, , axis) }"},
      {.name = "DFTInverseOneSided",
       .graph = "g (float[2,5,2] x) => (float[2,8,1] y) { y = DFT <inverse = 1, onesided = 1> "
                "(x) }"},
  };
}

}  // namespace gatefold::test
