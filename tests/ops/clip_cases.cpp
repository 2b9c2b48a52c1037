#include <limits>

#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> clip_cases() {
  const Tensor low = Tensor::scalar(-0.5F);
  const Tensor high = Tensor::scalar(0.25F);
  return {
      {.name = "Clip",
       .graph = "g (float[3,7] x, float low, float high) => (float[3,7] y) "
                "{ y = Clip (x, low, high) }",
       .inputs = {{"low", low}, {"high", high}}},
      {.name = "ClipMinOnly",
       .graph = "g (float[3,7] x, float low) => (float[3,7] y) { y = Clip (x, low) }",
       .inputs = {{"low", low}}},
      {.name = "ClipMaxOnly",
       .graph = "g (float[3,7] x, float high) => (float[3,7] y) { y = Clip (x, , high) }",
       .inputs = {{"high", high}}},
      {.name = "ClipNoBounds", .graph = "g (float[3,7] x) => (float[3,7] y) { y = Clip (x) }"},
      {.name = "ClipCrossedBoundsGiveTheMaximum",
       .graph = "g (float[3,7] x, float low, float high) => (float[3,7] y) "
                "{ y = Clip (x, high, low) }",
       .inputs = {{"low", low}, {"high", high}}},
      {.name = "ClipNanStays",
       .graph = "g (float[1] x, float low, float high) => (float[1] y) { y = Clip (x, low, high) }",
       .inputs = {{"x", Tensor::of<float>({1}, {std::numeric_limits<float>::quiet_NaN()})},
                  {"low", low},
                  {"high", high}}},
      {.name = "ClipDouble",
       .graph =
           "g (double[3,7] x) => (double[3,7] y) <double low = {-0.25}> { y = Clip (x, low) }"},
      {.name = "ClipUint8",
       .graph = "g (uint8[9] x) => (uint8[9] y) <uint8 low = {1}, uint8 high = {2}> { y = Clip (x, "
                "low, high) }"},
      {.name = "ClipInt64",
       .graph = "g (int64[2,3] x, int64 low) => (int64[2,3] y) { y = Clip (x, low) }",
       .inputs = {{"low", Tensor::scalar<std::int64_t>(2)}}},
  };
}

}  // namespace gatefold::test
