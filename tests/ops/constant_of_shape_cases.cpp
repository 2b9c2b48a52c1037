#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> constant_of_shape_cases() {
  return {
      {.name = "ConstantOfShapeZeros",
       .graph = "g (int64[2] s) => (float[a,b] y) { y = ConstantOfShape (s) }",
       .inputs = {{"s", Tensor::of<std::int64_t>({2}, {2, 3})}}},
      {.name = "ConstantOfShapeValue",
       .graph = "g (int64[1] s) => (int64[a] y) { y = ConstantOfShape <value = int64[1] "
                "{7}> (s) }",
       .inputs = {{"s", Tensor::of<std::int64_t>({1}, {4})}}},
      {.name = "ConstantOfShapeScalar",
       .graph = "g () => (float y) <int64[0] s = {}> { y = ConstantOfShape (s) }"},
      {.name = "ConstantOfShapeEmpty",
       .graph = "g () => (float[a,b] y) <int64[2] s = {0, 2}> { y = ConstantOfShape (s) }"},
  };
}

}  // namespace gatefold::test
