#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> compress_cases() {
  return {
      {.name = "CompressAxis",
       .graph = "g (float[2,3] x, bool[3] c) => (float[2,n] y) { y = Compress <axis = 1> (x, c) "
                "}"},
      {.name = "CompressFlat",
       .graph = "g (int64[2,3] x, bool[5] c) => (int64[n] y) { y = Compress (x, c) }"},
  };
}

}  // namespace gatefold::test
