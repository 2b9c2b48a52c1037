#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> channel_normalization_cases() {
  const Tensor variance = Tensor::of<float>({3}, {0.5F, 1.0F, 2.0F});
  return {
      {.name = "BatchNormalizationInference",
       .graph = "g (float[2,3,4,5] x, float[3] s, float[3] b, float[3] m, float[3] v) => "
                "(float[2,3,4,5] y) { y = BatchNormalization (x, s, b, m, v) }",
       .inputs = {{"v", variance}}},
      {.name = "BatchNormalizationTwoAxes",
       .graph = "g (float[6,3] x, float[3] s, float[3] b, float[3] m, float[3] v) => "
                "(float[6,3] y) { y = BatchNormalization <epsilon = 0.01> (x, s, b, m, v) }",
       .inputs = {{"v", variance}}},
      {.name = "BatchNormalizationTraining",
       .graph = "g (float[4,3,5] x, float[3] s, float[3] b, float[3] m, float[3] v) => "
                "(float[4,3,5] y, float[3] rm, float[3] rv) { y, rm, rv = "
                "BatchNormalization <training_mode = 1, momentum = 0.8> (x, s, b, m, v) }",
       .inputs = {{"v", variance}}},
      {.name = "InstanceNormalization",
       .graph = "g (float[2,3,20] x, float[3] s, float[3] b) => (float[2,3,20] y) "
                "{ y = InstanceNormalization (x, s, b) }"},
      {.name = "GroupNormalization",
       .graph = "g (float[2,6,4,5] x, float[6] s, float[6] b) => (float[2,6,4,5] y) "
                "{ y = GroupNormalization <num_groups = 2> (x, s, b) }"},
  };
}

}  // namespace gatefold::test
