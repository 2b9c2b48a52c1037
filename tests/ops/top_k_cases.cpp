#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> top_k_cases() {
  return {
      {.name = "TopKLargest",
       .graph = "g (float[3,10] x) => (float[3,4] v, int64[3,4] i) <int64[1] k = {4}> { v, i = "
                "TopK (x, k) }"},
      {.name = "TopKOfWhichOnlyValuesAreWanted",
       .graph = "g (float[3,5] x) => (float[3,2] v) <int64[1] k = {2}> { v = TopK (x, k) }"},
      {.name = "TopKSmallestFirstAxis",
       .graph = "g (float[5,3] x) => (float[2,3] v, int64[2,3] i) <int64[1] k = {2}> { v, i = "
                "TopK <axis = 0, largest = 0> (x, k) }"},
      {.name = "TopKEqualElements",
       .graph = "g (int64[7] x) => (int64[5] v, int64[5] i) <int64[1] k = {5}> { v, i = TopK "
                "(x, k) }"},
      {.name = "TopKCountGivenAtRun",
       .graph = "g (float[2,4] x, int64[1] k) => (float[2,n] v, int64[2,n] i) { v, i = TopK (x, "
                "k) }"},
  };
}

}  // namespace gatefold::test
