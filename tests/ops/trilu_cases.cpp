#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> trilu_cases() {
  return {
      {.name = "TriluUpper", .graph = "g (float[2,4,5] x) => (float[a,b,c] y) { y = Trilu (x) }"},
      {.name = "TriluLowerBelow",
       .graph = "g (float[4,5] x) => (float[a,b] y) <int64 k = {-1}> { y = Trilu <upper = "
                "0> (x, k) }"},
      {.name = "TriluUpperFarAbove",
       .graph = "g (int64[3,3] x) => (int64[a,b] y) <int64 k = {10}> { y = Trilu (x, k) }"},
      {.name = "TriluLowerAllKeptAtRunTime",
       .graph = "g (bool[3,2] x, int64 k) => (bool[a,b] y) { y = Trilu <upper = 0> (x, k) "
                "}",
       .inputs = {{"k", Tensor::of<std::int64_t>({}, {7})}}},
  };
}

}  // namespace gatefold::test
