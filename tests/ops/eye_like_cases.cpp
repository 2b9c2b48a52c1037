#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> eye_like_cases() {
  return {
      {.name = "EyeLikeInputType",
       .graph = "g (float[3,4] x) => (float[a,b] y) { y = EyeLike (x) }"},
      {.name = "EyeLikeShiftedIntegers",
       .graph = "g (float[3,4] x) => (int64[a,b] y) { y = EyeLike <dtype = 7, k = -1> (x) "
                "}"},
  };
}

}  // namespace gatefold::test
