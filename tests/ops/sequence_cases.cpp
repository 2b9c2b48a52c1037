#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> sequence_cases() {
  return {
      {.name = "SequenceAtNegative",
       .graph = "g (float[2] x, float[3] y) => (float[a] z) <int64 at = {-1}> { s = "
                "SequenceConstruct (x, y) z = SequenceAt (s, at) }"},
      {.name = "SequenceInsertAtFront",
       .graph = "g (float[2] x, float[2] y) => (float[a] z, int64 n) <int64 at = {0}> { s "
                "= SequenceConstruct (x) t = SequenceInsert (s, y, at) z = SequenceAt (t, "
                "at) n = SequenceLength (t) }"},
      {.name = "SequenceInsertIntoEmpty",
       .graph = "g (int64[2] x) => (int64[a] z) <int64 at = {0}> { s = SequenceEmpty "
                "<dtype = 7> () t = SequenceInsert (s, x) z = SequenceAt (t, at) }"},
      {.name = "SequenceInsertBeforeTheLast",
       .graph = "g (float[2] x, float[3] y) => (float[a] z, float[b] v) <int64 last = {-1}, int64 "
                "one = {1}> { s = SequenceConstruct (x, x) t = SequenceInsert (s, y, last) z = "
                "SequenceAt (t, one) v = SequenceAt (s, one) }"},
      {.name = "SequenceEraseNegative",
       .graph =
           "g (float[2] x, float[3] y) => (int64 n, float[a] z) <int64 at = {-2}, int64 zero = "
           "{0}> { s = SequenceConstruct (x, y) t = SequenceErase (s, at) n = SequenceLength "
           "(t) z = SequenceAt (t, zero) }"},
      {.name = "SequenceEraseLast",
       .graph = "g (float[2] x, float[3] y) => (int64 n, float[a] z) <int64 at = {0}> { s "
                "= SequenceConstruct (x, y) t = SequenceErase (s) n = SequenceLength (t) z "
                "= SequenceAt (t, at) }"},
  };
}

}  // namespace gatefold::test
