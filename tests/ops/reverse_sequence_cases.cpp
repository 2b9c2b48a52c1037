#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> reverse_sequence_cases() {
  return {
      {.name = "ReverseSequenceTimeFirst",
       .graph = "g (float[4,3,2] x, int64[3] n) => (float[a,b,c] y) { y = ReverseSequence "
                "(x, n) }",
       .inputs = {{"n", Tensor::of<std::int64_t>({3}, {4, 1, 0})}}},
      {.name = "ReverseSequenceBatchFirst",
       .graph = "g (int64[2,5] x, int64[2] n) => (int64[a,b] y) { y = ReverseSequence "
                "<batch_axis = 0, time_axis = 1> (x, n) }",
       .inputs = {{"n", Tensor::of<std::int64_t>({2}, {3, 5})}}},
  };
}

}  // namespace gatefold::test
