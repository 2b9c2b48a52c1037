#include <limits>

#include "tests/ops/op_case.h"

namespace gatefold::test {
namespace {

OpCase case_of(std::string name, const std::string& op, const std::string& type) {
  return {.name = std::move(name),
          .graph = "g (" + type + "[5,3] a, " + type + "[3] b) => (bool[5,3] c) { c = " + op +
                   " (a, b) }"};
}

Tensor special_numbers() {
  using Limits = std::numeric_limits<float>;
  return Tensor::of<float>({4},
                           {1.0F, Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity()});
}

}  // namespace

std::vector<OpCase> logical_cases() {
  std::vector<OpCase> cases = {
      {.name = "Not", .graph = "g (bool[2,9] x) => (bool[2,9] y) { y = Not (x) }"},
      case_of("And", "And", "bool"),
      case_of("Or", "Or", "bool"),
      case_of("Xor", "Xor", "bool"),
      case_of("EqualBool", "Equal", "bool"),
      case_of("EqualUint8", "Equal", "uint8"),
  };
  for (const std::string op : {"Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"}) {
    cases.push_back(case_of(op + "Float", op, "float"));
    cases.push_back(case_of(op + "Int64", op, "int64"));
    cases.push_back(case_of(op + "Int32", op, "int32"));
    cases.push_back(case_of(op + "Double", op, "double"));
  }
  for (const std::string call :
       {"IsNaN", "IsInf", "IsInf <detect_negative = 0>", "IsInf <detect_positive = 0>"}) {
    cases.push_back({.name = "Special" + std::to_string(cases.size()),
                     .graph = "g (float[4] x) => (bool[4] y) { y = " + call + " (x) }",
                     .inputs = {{"x", special_numbers()}}});
  }
  return cases;
}

}  // namespace gatefold::test
