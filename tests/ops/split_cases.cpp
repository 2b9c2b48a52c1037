#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> split_cases() {
  return {
      {.name = "SplitIntoSizes",
       .graph = "g (float[2,7] x) => (float[a,b] p, float[c,d] q) <int64[2] sizes = {3, "
                "4}> { p, q = Split <axis = 1> (x, sizes) }"},
      {.name = "SplitLastPartSmaller",
       .graph = "g (float[7,2] x) => (float[a,b] p, float[c,d] q, float[e,f] r) { p, q, r "
                "= Split <num_outputs = 3> (x) }"},
      {.name = "SplitEqualNegativeAxis",
       .graph = "g (int64[2,4] x) => (int64[a,b] p, int64[c,d] q) { p, q = Split <axis = "
                "-1, num_outputs = 2> (x) }"},
      {.name = "SplitWithEmptyPart",
       .graph = "g (float[3] x) => (float[a] p, float[b] q) <int64[2] sizes = {0, 3}> { p, "
                "q = Split (x, sizes) }"},
      {.name = "SplitSizesAtRunTime",
       .graph = "g (float[5] x, int64[2] sizes) => (float[a] p, float[b] q) { p, q = Split "
                "(x, sizes) }",
       .inputs = {{"sizes", Tensor::of<std::int64_t>({2}, {4, 1})}}},
  };
}

}  // namespace gatefold::test
