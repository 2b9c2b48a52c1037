#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> dft_cases() {
  return {
      {.name = "DFTOfMoreNumbers",
       .graph = "g (float[3,60,1] x) => (float[3,60,2] y) { y = DFT (x) }"},
      {.name = "DFTInverseOfMoreNumbers",
       .graph = "g (float[3,31,2] x) => (float[3,60,1] y) { y = DFT <inverse = 1, onesided = 1> "
                "(x) }"},
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
      {.name = "DFTInverseOneSidedOddLength",
       .graph = "g (float[19,4,2] x) => (float[19,7,1] y) <int64 length = {7}> { y = DFT <inverse "
                "= 1, onesided = 1> (x, length) }"},
      {.name = "DFTInverseOfReal",
       .graph = "g (float[3,12,1] x) => (float[3,12,2] y) { y = DFT <inverse = 1> (x) }"},
      {.name = "DFTComplexOfManyFactors",
       .graph = "g (float[17,60,2] x) => (float[17,60,2] y) { y = DFT (x) }"},
      {.name = "DFTLargePrime",
       .graph = "g (float[2,37,1] x) => (float[2,19,2] y) { y = DFT <onesided = 1> (x) }"},
      {.name = "DFTMiddleAxisCut",
       .graph = "g (float[3,10,5,1] x) => (float[3,4,5,2] y) <int64 length = {6}, int64 axis = "
                "{1}> { y = DFT <onesided = 1> (x, length, axis) }"},
      {.name = "DFTInverseOneSidedMiddleAxis",
       .graph = "g (float[2,5,7,2] x) => (float[2,8,7,1] y) <int64 axis = {1}> { y = DFT <inverse "
                "= 1, onesided = 1> (x, , axis) }"},
      {.name = "DFTComplexPaddedFirstAxis",
       .graph = "g (float[4,18,2] x) => (float[9,18,2] y) <int64 length = {9}, int64 axis = {0}> "
                "{ y = DFT (x, length, axis) }"},
      {.name = "DFTOfOne", .graph = "g (float[3,1,1] x) => (float[3,1,2] y) { y = DFT (x) }"},
      {.name = "DFTOfNone", .graph = "g (float[0,6,1] x) => (float[0,6,2] y) { y = DFT (x) }"},
  };
}

}  // namespace gatefold::test
