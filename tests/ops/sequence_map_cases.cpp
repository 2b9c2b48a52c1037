#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> sequence_map_cases() {
  return {
      {.name = "SequenceMapAddsTensor",
       .graph = "g (float[3] x, float[3] y, float[3] c) => (float[a] z) <int64 at = {1}> { "
                "s = SequenceConstruct (x, y) t = SequenceMap <body = step (float[3] e, "
                "float[3] k) => (float[3] r) { r = Add (e, k) }> (s, c) z = SequenceAt (t, "
                "at) }"},
  };
}

}  // namespace gatefold::test
