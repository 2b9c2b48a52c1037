#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> rotary_embedding_cases() {
  return {
      {.name = "RotaryEmbeddingPositions",
       .graph = "g (float[2,3,4,8] x, float[4,4] c, float[4,4] s, int64[2,4] p) => "
                "(float[2,3,4,8] y) { y = RotaryEmbedding (x, c, s, p) }"},
      {.name = "RotaryEmbeddingInterleavedPart",
       .graph = "g (float[2,4,24] x, float[2,4,2] c, float[2,4,2] s) => (float[2,4,24] y) "
                "{ y = RotaryEmbedding <interleaved = 1, num_heads = 3, "
                "rotary_embedding_dim = 4> (x, c, s) }"},
  };
}

}  // namespace gatefold::test
