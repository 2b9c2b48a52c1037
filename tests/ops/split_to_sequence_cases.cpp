#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> split_to_sequence_cases() {
  return {
      {.name = "SplitToSequenceDropsAxis",
       .graph = "g (float[3,2] x) => (float[a] y) <int64 at = {1}> { s = SplitToSequence "
                "<keepdims = 0> (x) y = SequenceAt (s, at) }"},
      {.name = "SplitToSequenceChunks",
       .graph = "g (float[2,5] x) => (float[a,b] y) <int64 size = {2}, int64 at = {2}> { s "
                "= SplitToSequence <axis = 1> (x, size) y = SequenceAt (s, at) }"},
      {.name = "SplitToSequenceSizes",
       .graph = "g (float[5] x) => (float[a] y) <int64[2] sizes = {1, 4}, int64 at = {1}> "
                "{ s = SplitToSequence (x, sizes) y = SequenceAt (s, at) }"},
      {.name = "ConcatFromSequenceOfParts",
       .graph = "g (float[2,5] x) => (float[a,b] y) <int64 size = {2}> { s = "
                "SplitToSequence <axis = 1> (x, size) y = ConcatFromSequence <axis = -1> "
                "(s) }"},
      {.name = "ConcatFromSequenceNewAxis",
       .graph = "g (float[2] x, float[2] y) => (float[a,b] z) { s = SequenceConstruct (x, "
                "y) z = ConcatFromSequence <axis = -1, new_axis = 1> (s) }"},
  };
}

}  // namespace gatefold::test
