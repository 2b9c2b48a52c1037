#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> random_cases() {
  return {
      {.name = "RandomNormal",
       .graph = "g () => (float[3,5] y) "
                "{ y = RandomNormal <mean = 1.0, scale = 0.5, seed = 3.0, shape = [3, 5]> () }"},
      {.name = "RandomUniform",
       .graph = "g () => (double[9] y) "
                "{ y = RandomUniform <dtype = 11, low = -1.0, seed = 3.0, shape = [9]> () }"},
      {.name = "RandomNormalLike",
       .graph = "g (float[4] x) => (float[4] y) { y = RandomNormalLike <seed = 2.0> (x) }"},
      {.name = "RandomUniformLikeOfIntegers",
       .graph = "g (int64[4] x) => (float[4] y) "
                "{ y = RandomUniformLike <dtype = 1, seed = 2.0> (x) }"},
      {.name = "Bernoulli",
       .graph = "g (float[9] x) => (int32[9] y) { y = Bernoulli <dtype = 6, seed = 2.0> (x) }"},
      {.name = "Multinomial",
       .graph = "g (float[2,4] x) => (int64[2,9] y) "
                "{ y = Multinomial <dtype = 7, sample_size = 9, seed = 2.0> (x) }"},
      {.name = "CounterUniform",
       .graph = "g (double c) => (float[3,5] y) <int64[2] s = {3, 5}> "
                "{ y = gatefold.CounterUniform <seed = 7> (s, c) }",
       .inputs = {{"c", Tensor::scalar<double>(12)}}},
  };
}

}  // namespace gatefold::test
