#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> non_max_suppression_cases() {
  return {
      {.name = "NonMaxSuppressionDropsOverlap",
       .graph = "g (float[1,3,4] b, float[1,1,3] s) => (int64[n,3] y) <int64 count = {3}, float "
                "overlap = {0.5}> { y = NonMaxSuppression (b, s, count, overlap) }",
       .inputs = {{"b", Tensor::of<float>({1, 3, 4}, {0, 0, 1, 1, 0, 0.1F, 1, 1.1F, 0, 10, 1, 11})},
                  {"s", Tensor::of<float>({1, 1, 3}, {0.9F, 0.8F, 0.7F})}}},
  };
}

}  // namespace gatefold::test
