#include <limits>

#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> variadic_cases() {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<OpCase> cases;
  for (const std::string op : {"Max", "Min", "Sum", "Mean"}) {
    cases.push_back(
        {.name = op + "One", .graph = "g (float[2,3] a) => (float[2,3] y) { y = " + op + " (a) }"});
    cases.push_back({.name = op + "Three",
                     .graph = "g (float[2,3] a, float[3] b, float[2,1] c) => (float[2,3] y) "
                              "{ y = " +
                              op + " (a, b, c) }"});
    cases.push_back({.name = op + "ThirdIsWidest",
                     .graph = "g (float[3] a, float[1] b, float[2,5,3] c) => (float[2,5,3] y) "
                              "{ y = " +
                              op + " (a, b, c) }"});
    cases.push_back({.name = op + "RepeatsTheFirstTwo",
                     .graph = "g (float[2,1] a, float b, float[2,3] c) => (float[2,3] y) "
                              "{ y = " +
                              op + " (a, b, c) }"});
  }
  for (const std::string op : {"Max", "Min"}) {
    cases.push_back(
        {.name = op + "Nan",
         .graph = "g (float[3] a, float[3] b) => (float[3] y) { y = " + op + " (a, b) }",
         .inputs = {{"a", Tensor::of<float>({3}, {nan, 1.0F, 2.0F})},
                    {"b", Tensor::of<float>({3}, {1.0F, nan, 3.0F})}}});
    cases.push_back(
        {.name = op + "Int64",
         .graph = "g (int64[3,2] a, int64[2] b) => (int64[3,2] y) { y = " + op + " (a, b) }"});
    cases.push_back(
        {.name = op + "Uint8",
         .graph = "g (uint8[3,2] a, uint8[2] b) => (uint8[3,2] y) { y = " + op + " (a, b) }"});
  }
  return cases;
}

}  // namespace gatefold::test
