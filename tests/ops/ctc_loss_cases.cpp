#include "tests/ops/op_case.h"

namespace gatefold::test {
namespace {

std::map<std::string, Tensor> lengths(std::initializer_list<std::int64_t> input_lengths,
                                      std::initializer_list<std::int64_t> target_lengths) {
  const Dims dims{static_cast<std::int64_t>(input_lengths.size())};
  return {{"i", Tensor::of<std::int64_t>(dims, input_lengths)},
          {"s", Tensor::of<std::int64_t>(dims, target_lengths)}};
}

}  // namespace

std::vector<OpCase> ctc_loss_cases() {
  return {
      {.name = "CTCLossMean",
       .graph = "g (float[5,2,4] x, int64[2] i, int64[2] s) => (float y) "
                "<int64[2,3] t = {1, 1, 3, 2, 3, 0}> { y = gatefold.CTCLoss (x, t, i, s) }",
       .inputs = lengths({5, 4}, {3, 2})},
      {.name = "CTCLossOfEachSequence",
       .graph = "g (float[4,3,3] x, int64[3] i, int64[3] s) => (float[n] y) "
                "<int32[3,2] t = {0, 1, 1, 1, 2, 2}> "
                "{ y = gatefold.CTCLoss <blank = 2, reduction = \"none\"> (x, t, i, s) }",
       .inputs = lengths({4, 3, 1}, {2, 1, 0})},
      {.name = "CTCLossLeavesOutWhatIsImpossible",
       .graph = "g (float[3,2,3] x, int64[2] i, int64[2] s) => (float y) "
                "<int64[2,2] t = {1, 1, 1, 2}> { y = gatefold.CTCLoss "
                "<reduction = \"sum\", zero_infinity = 1> (x, t, i, s) }",
       .inputs = lengths({2, 2}, {2, 2})},
      {.name = "CTCLossNoSteps",
       .graph = "g (float[0,1,3] x, int64[1] i, int64[1] s) => (float y) "
                "<int64[1,1] t = {1}> { y = gatefold.CTCLoss (x, t, i, s) }",
       .inputs = lengths({0}, {0})},
      {.name = "CTCLossGradOfEachSequence",
       .graph = "g (float[4,2,3] x, int64[2] i, int64[2] s, float[2] dY) => (float[a,b,c] dx) "
                "<int64[2,2] t = {1, 1, 2, 0}> { dx = gatefold.CTCLossGrad "
                "<reduction = \"none\"> (x, t, i, s, dY) }",
       .inputs = lengths({4, 3}, {2, 1})},
  };
}

}  // namespace gatefold::test
