#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> shape_cases() {
  return {
      {.name = "ShapeOfAll", .graph = "g (float[2,3,4] x) => (int64[a] y) { y = Shape (x) }"},
      {.name = "ShapePart",
       .graph = "g (float[2,3,4] x) => (int64[a] y) { y = Shape <start = -2, end = 10> (x) "
                "}"},
      {.name = "ShapeNothing",
       .graph = "g (float[2,3] x) => (int64[a] y) { y = Shape <start = 1, end = 0> (x) }"},
      {.name = "ShapeOfScalar", .graph = "g (float x) => (int64[a] y) { y = Shape (x) }"},
      {.name = "SizeOfMatrix", .graph = "g (float[2,3] x) => (int64 y) { y = Size (x) }"},
      {.name = "SizeOfEmpty", .graph = "g (float[2,0] x) => (int64 y) { y = Size (x) }"},
  };
}

}  // namespace gatefold::test
