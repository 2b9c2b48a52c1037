#include <gtest/gtest.h>

#include "backend/kernels.h"
#include "tests/kernel_problem.h"

namespace gatefold::test {
namespace {

// More queries and keys than the kernel works on at a time, and fewer than it packs keys for.
std::vector<OpCase> attention_problems() {
  return {
      {.name = "ManyKeys",
       .graph = "g (float[2,3,130,7] q, float[2,3,1100,7] k, float[2,3,1100,5] v) => "
                "(float[2,3,130,5] y) { y = Attention (q, k, v) }"},
      {.name = "CausalWithSharedHeads",
       .graph = "g (float[1,4,150,16] q, float[1,2,150,16] k, float[1,2,150,16] v) => "
                "(float[1,4,150,16] y) { y = Attention <is_causal = 1, softcap = 1.5> (q, k, v) }"},
      {.name = "MaskForEachHead",
       .graph = "g (float[2,2,70,8] q, float[2,2,600,8] k, float[2,2,600,8] v, "
                "float[1,2,70,600] m) => (float[2,2,70,8] y) { y = Attention (q, k, v, m) }"},
      {.name = "MaskForAllKeys",
       .graph = "g (float[2,70,8] q, float[2,80,8] k, float[2,80,8] v, float[2,1,70,1] m) => "
                "(float[2,70,8] y) "
                "{ y = Attention <q_num_heads = 2, kv_num_heads = 2> (q, k, v, m) }"},
      {.name = "OneQueryBehindManyKeys",
       .graph = "g (float[2,1,12] q, float[2,1,12] k, float[2,1,12] v, float[2,3,700,4] pk, "
                "float[2,3,700,4] pv) => (float[2,1,12] y, float[2,3,701,4] nk, "
                "float[2,3,701,4] nv) { y, nk, nv = Attention "
                "<q_num_heads = 3, kv_num_heads = 3, is_causal = 1> (q, k, v, , pk, pv) }"},
      {.name = "LengthsThatEndEarly",
       .graph = "g (float[2,1,65,4] q, float[2,1,900,4] k, float[2,1,900,4] v, int64[2] n) => "
                "(float[2,1,65,4] y) { y = Attention <is_causal = 1> (q, k, v, , , , n) }",
       .inputs = {{"n", Tensor::of<std::int64_t>({2}, {65, 777})}}},
  };
}

std::vector<OpCase> gradient_problems() {
  return {
      {.name = "ManyKeys",
       .graph = "g (float[2,3,130,7] q, float[2,3,1100,7] k, float[2,3,1100,5] v, "
                "float[2,3,130,5] y, float[2,3,130,5] d) => (float[2,3,130,7] dq, "
                "float[2,3,1100,7] dk, float[2,3,1100,5] dv) { dq, dk, dv = "
                "gatefold.AttentionGrad (q, k, v, , , , , y, d) }"},
      {.name = "CausalWithSharedHeads",
       .graph = "g (float[1,150,64] q, float[1,150,32] k, float[1,150,32] v, float[1,150,64] y, "
                "float[1,150,64] d) => (float[1,150,64] dq, float[1,150,32] dk, "
                "float[1,150,32] dv) { dq, dk, dv = gatefold.AttentionGrad <is_causal = 1, "
                "q_num_heads = 4, kv_num_heads = 2> (q, k, v, , , , , y, d) }"},
      {.name = "MaskForEachHead",
       .graph = "g (float[2,2,70,8] q, float[2,2,600,8] k, float[2,2,600,8] v, "
                "float[1,2,70,600] m, float[2,2,70,8] y, float[2,2,70,8] d) => "
                "(float[2,2,70,8] dq, float[2,2,600,8] dv) { dq, dk, dv = "
                "gatefold.AttentionGrad (q, k, v, m, , , , y, d) }"},
  };
}

void expect_oracle(MakeKernel make, const std::vector<OpCase>& cases) {
  for (const int threads : {1, 3}) {
    for (const OpCase& op_case : cases) {
      SCOPED_TRACE(op_case.name);
      const KernelProblem problem(op_case);
      const auto outputs = run_maker(problem, make, threads, /*are_constant=*/false);
      ASSERT_TRUE(outputs);
      expect_close(problem, *outputs);
    }
  }
}

TEST(AttentionKernel, AgreesWithOracle) {
  expect_oracle(native::make_attention, attention_problems());
}

TEST(AttentionKernel, GradientsAgreeWithOracle) {
  expect_oracle(native::make_attention_gradient, gradient_problems());
}

TEST(AttentionKernel, QueriesThatSeeNoKeyAreNoNumbers) {
  const KernelProblem problem(
      {.name = "NoKeys",
       .graph = "g (float[1,1,2,3] q, float[1,1,4,3] k, float[1,1,4,3] v, bool[2,4] m) => "
                "(float[1,1,2,3] y) { y = Attention (q, k, v, m) }",
       .inputs = {{"m", Tensor::of<bool>({2, 4},
                                         {true, false, true, true, false, false, false, false})}}});
  expect_close(problem, *run_maker(problem, native::make_attention, 1, false));
}

}  // namespace
}  // namespace gatefold::test
