#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> stft_cases() {
  return {
      {.name = "STFTWindow",
       .graph = "g (float[2,64,1] x, float[16] w) => (float[2,7,9,2] y) <int64 step = {8}> { y "
                "= STFT (x, step, w) }"},
      {.name = "STFTAllBins",
       .graph = "g (float[1,20] x) => (float[1,3,12,2] y) <int64 step = {4}, int64 length = "
                "{12}> { y = STFT <onesided = 0> (x, step, , length) }"},
      {.name = "STFTConstantWindow",
       .graph = "g (float[1,40,1] x) => (float[1,6,5,2] y) <int64 step = {6}, float[8] w = {0, "
                "0.2, 0.5, 1, 1, 0.5, 0.2, 0}> { y = STFT (x, step, w) }"},
      {.name = "STFTComplexSignal",
       .graph = "g (float[2,30,2] x, float[10] w) => (float[2,11,10,2] y) <int64 step = {2}> { y "
                "= STFT <onesided = 0> (x, step, w) }"},
      {.name = "STFTOddFrames",
       .graph = "g (float[2,70,1] x, float[15] w) => (float[2,19,8,2] y) <int64 step = {3}> { y "
                "= STFT (x, step, w) }"},
  };
}

}  // namespace gatefold::test
