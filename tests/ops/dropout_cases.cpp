#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> dropout_cases() {
  return {
      {.name = "DropoutInference",
       .graph = "g (float[3,5] x) => (float[3,5] y, bool[3,5] mask) { y, mask = Dropout (x) }"},
      {.name = "DropoutNoMask",
       .graph = "g (float[3,5] x, float ratio) => (float[3,5] y) { y = Dropout (x, ratio) }"},
      {.name = "DropoutTrainingWithSeed",
       .graph = "g (float[3,5] x, float ratio, bool training) => (float[3,5] y, bool[3,5] mask) "
                "{ y, mask = Dropout <seed = 7> (x, ratio, training) }",
       .inputs = {{"ratio", Tensor::scalar(0.25F)}, {"training", Tensor::scalar(true)}}},
      {.name = "DropoutTrainingRatioZero",
       .graph = "g (float[3,5] x, float ratio, bool training) => (float[3,5] y) "
                "{ y = Dropout (x, ratio, training) }",
       .inputs = {{"ratio", Tensor::scalar(0.0F)}, {"training", Tensor::scalar(true)}}},
  };
}

}  // namespace gatefold::test
