#include "tests/ops/op_case.h"

namespace gatefold::test {
namespace {

OpCase case_of(std::string name, const std::string& call) {
  return {.name = std::move(name),
          .graph = "g (float[3,7] x) => (float[3,7] y) { y = " + call + " (x) }"};
}

}  // namespace

std::vector<OpCase> activation_cases() {
  return {
      case_of("Celu", "Celu <alpha = 0.7>"),
      case_of("Elu", "Elu"),
      case_of("EluAlpha", "Elu <alpha = 2.5>"),
      case_of("Gelu", "Gelu"),
      case_of("GeluTanh", "Gelu <approximate = \"tanh\">"),
      case_of("HardSigmoid", "HardSigmoid"),
      case_of("HardSigmoidSteep", "HardSigmoid <alpha = 3.0, beta = 0.25>"),
      case_of("LeakyRelu", "LeakyRelu <alpha = 0.3>"),
      case_of("Relu", "Relu"),
      case_of("Selu", "Selu"),
      case_of("SeluAttributes", "Selu <alpha = 0.5, gamma = 3.0>"),
      case_of("Shrink", "Shrink <bias = 0.1, lambd = 0.4>"),
      case_of("Swish", "Swish <alpha = 1.5>"),
      case_of("ThresholdedRelu", "ThresholdedRelu <alpha = 0.2>"),
      {.name = "ReluInt32",
       .graph = "g (int32[3] x) => (int32[3] y) { y = Relu (x) }",
       .inputs = {{"x", Tensor::of<std::int32_t>({3}, {-4, 0, 4})}}},
      {.name = "ShrinkInt8",
       .graph = "g (int8[4] x) => (int8[4] y) { y = Shrink <bias = 1.5, lambd = 1.5> (x) }",
       .inputs = {{"x", Tensor::of<std::int8_t>({4}, {-4, -1, 1, 4})}}},
  };
}

}  // namespace gatefold::test
