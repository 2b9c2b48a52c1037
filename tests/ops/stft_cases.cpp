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
  };
}

}  // namespace gatefold::test
