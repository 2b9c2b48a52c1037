#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> optional_cases() {
  return {
      {.name = "OptionalRoundTrip",
       .graph = "g (float[2,3] x) => (float[a,b] y, bool has) { o = Optional (x) has = "
                "OptionalHasElement (o) y = OptionalGetElement (o) }"},
      {.name = "OptionalHasElementOfNothing",
       .graph = "g () => (bool has) { has = OptionalHasElement () }"},
      {.name = "OptionalGetElementOfTensor",
       .graph = "g (float[2] x) => (float[a] y) { y = OptionalGetElement (x) }"},
  };
}

}  // namespace gatefold::test
