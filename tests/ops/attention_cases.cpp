#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> attention_cases() {
  return {
      {.name = "AttentionBooleanMaskTooShort",
       .graph = "g (float[1,2,3,4] q, float[1,2,5,4] k, float[1,2,5,4] v, bool[3,4] m) => "
                "(float[1,2,3,4] y) { y = Attention (q, k, v, m) }",
       .inputs = {{"m", Tensor::of<bool>({3, 4}, {true, false, true, true, true, true, false, true,
                                                  false, true, true, true})}}},
      {.name = "AttentionNoKeys",
       .graph = "g (float[1,2,3,4] q, float[1,2,0,4] k, float[1,2,0,4] v) => "
                "(float[1,2,3,4] y) { y = Attention (q, k, v) }"},
      {.name = "AttentionBooleanMaskForAllKeys",
       .graph = "g (float[1,2,3,4] q, float[1,2,5,4] k, float[1,2,5,4] v, bool[2,3,1] m) => "
                "(float[1,2,3,4] y) { y = Attention (q, k, v, m) }",
       .inputs = {{"m", Tensor::of<bool>({2, 3, 1}, {true, false, true, true, true, true})}}},
      {.name = "AttentionFourAxes",
       .graph = "g (float[2,3,4,8] q, float[2,3,6,8] k, float[2,3,6,5] v) => (float[2,3,4,5] y) "
                "{ y = Attention (q, k, v) }"},
      {.name = "AttentionThreeAxesSharedKeys",
       .graph = "g (float[2,4,24] q, float[2,6,8] k, float[2,6,10] v) => (float[2,4,30] y) "
                "{ y = Attention <q_num_heads = 6, kv_num_heads = 2, is_causal = 1> (q, k, v) }"},
      {.name = "AttentionPastAndScores",
       .graph = "g (float[1,2,3,4] q, float[1,2,3,4] k, float[1,2,3,4] v, float[3,5] m, "
                "float[1,2,2,4] pk, float[1,2,2,4] pv) => (float[1,2,3,4] y, float[1,2,5,4] nk, "
                "float[1,2,5,4] nv, float[1,2,3,5] s) { y, nk, nv, s = Attention "
                "<is_causal = 1, softcap = 2.0, qk_matmul_output_mode = 1, scale = 0.3> "
                "(q, k, v, m, pk, pv) }"},
      {.name = "AttentionValidLengths",
       .graph = "g (float[2,1,2,4] q, float[2,1,6,4] k, float[2,1,6,4] v, int64[2] n) => "
                "(float[2,1,2,4] y) { y = Attention <is_causal = 1> (q, k, v, , , , n) }",
       .inputs = {{"n", Tensor::of<std::int64_t>({2}, {3, 6})}}},
      {.name = "AttentionGradSharedHeadsAndMask",
       .graph = "g (float[2,4,3,4] q, float[2,2,5,4] k, float[2,2,5,3] v, float[3,5] m, "
                "float[2,4,3,3] y, float[2,4,3,3] d) => "
                "(float[2,4,3,4] dq, float[2,2,5,4] dk, float[2,2,5,3] dv) { dq, dk, dv = "
                "gatefold.AttentionGrad (q, k, v, m, , , , y, d) }"},
      {.name = "AttentionGradThreeAxesCausal",
       .graph = "g (float[2,4,6] q, float[2,4,6] k, float[2,4,6] v, float[2,4,6] y, "
                "float[2,4,6] d) => (float[2,4,6] dq, float[2,4,6] dk, float[2,4,6] dv) "
                "{ dq, dk, dv = gatefold.AttentionGrad <q_num_heads = 3, kv_num_heads = 3, "
                "is_causal = 1, scale = 0.4> (q, k, v, , , , , y, d) }"},
      {.name = "AttentionGradDouble",
       .graph = "g (double[1,1,2,3] q, double[1,1,4,3] k, double[1,1,4,3] v, "
                "double[1,1,2,3] y, double[1,1,2,3] d) => (double[1,1,4,3] dk) "
                "{ dq, dk = gatefold.AttentionGrad (q, k, v, , , , , y, d) }"},
  };
}

}  // namespace gatefold::test
