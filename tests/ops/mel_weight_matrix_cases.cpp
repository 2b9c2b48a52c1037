#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> mel_weight_matrix_cases() {
  return {
      {.name = "MelWeightMatrix",
       .graph = "g () => (float[9,8] y) <int64 bins = {8}, int64 length = {16}, int64 rate = "
                "{8192}, float low = {0.0}, float high = {4096.0}> { y = MelWeightMatrix (bins, "
                "length, rate, low, high) }"},
  };
}

}  // namespace gatefold::test
