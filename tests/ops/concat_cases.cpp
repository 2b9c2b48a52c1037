#include "tests/ops/op_case.h"
#include "tests/random_inputs.h"

namespace gatefold::test {

std::vector<OpCase> concat_cases() {
  return {
      {.name = "ConcatUnknownExtents",
       .graph = "g (float[n,3] a, float[m,3] b) => (float[k,3] y) { y = Concat <axis = 0> (a, b) }",
       .inputs = {{"a", random_tensor({DataType::kFloat32, Dims{2, 3}}, 1)},
                  {"b", random_tensor({DataType::kFloat32, Dims{1, 3}}, 2)}}},
      {.name = "ConcatRows",
       .graph = "g (float[2,3] x, float[1,3] y) => (float[a,b] z) { z = Concat <axis = 0> "
                "(x, y) }"},
      {.name = "ConcatLastAxis",
       .graph = "g (float[2,3,4] x, float[2,3,1] y, float[2,3,2] z) => (float[a,b,c] w) { "
                "w = Concat <axis = -1> (x, y, z) }"},
      {.name = "ConcatWithEmpty",
       .graph = "g (int64[0] x, int64[3] y) => (int64[a] z) { z = Concat <axis = 0> (x, y) "
                "}"},
      {.name = "ConcatSameTwice",
       .graph = "g (bool[2,2] x) => (bool[a,b] y) { y = Concat <axis = 1> (x, x) }"},
  };
}

}  // namespace gatefold::test
