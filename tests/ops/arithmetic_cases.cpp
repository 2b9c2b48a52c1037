#include "tests/ops/op_case.h"
#include "tests/random_inputs.h"

namespace gatefold::test {
namespace {

OpCase case_of(std::string name, const std::string& op, const std::string& a, const std::string& b,
               const std::string& c) {
  return {.name = std::move(name),
          .graph = "g (" + a + " a, " + b + " b) => (" + c + " c) { c = " + op + " (a, b) }"};
}

OpCase int32_case(std::string name, const std::string& call, std::initializer_list<std::int32_t> a,
                  std::initializer_list<std::int32_t> b) {
  OpCase result = case_of(std::move(name), call, "int32[4]", "int32[4]", "int32[4]");
  result.inputs = {{"a", Tensor::of<std::int32_t>({4}, a)},
                   {"b", Tensor::of<std::int32_t>({4}, b)}};
  return result;
}

}  // namespace

std::vector<OpCase> arithmetic_cases() {
  constexpr std::int32_t kLowest = -2147483647 - 1;
  std::vector<OpCase> cases = {
      case_of("AddSameShape", "Add", "float[3,37]", "float[3,37]", "float[3,37]"),
      case_of("AddTrailingVector", "Add", "float[4,3,5]", "float[5]", "float[4,3,5]"),
      case_of("AddScalarLeft", "Add", "float", "float[3,5]", "float[3,5]"),
      case_of("AddScalarRight", "Add", "float[3,5]", "float[1,1]", "float[3,5]"),
      case_of("AddScalars", "Add", "float", "float[1,1]", "float[1,1]"),
      case_of("AddEmpty", "Add", "float[3,0]", "float[1]", "float[3,0]"),
      case_of("AddEmptyAgainstOne", "Add", "float[3,1]", "float[0]", "float[3,0]"),
      case_of("SubColumn", "Sub", "float[4,5]", "float[4,1]", "float[4,5]"),
      case_of("SubBothBroadcast", "Sub", "float[4,1,3]", "float[5,1]", "float[4,5,3]"),
      case_of("SubMiddleAxis", "Sub", "float[2,1,4]", "float[2,3,4]", "float[2,3,4]"),
      case_of("MulTrailingRows", "Mul", "float[4,1,5]", "float[4,3,5]", "float[4,3,5]"),
      case_of("SumOfTwo", "Sum", "float[4,3]", "float[3]", "float[4,3]"),
      case_of("MulOuterProduct", "Mul", "float[4,1]", "float[5]", "float[4,5]"),
      case_of("MulFiveAxes", "Mul", "float[2,1,3,1,2]", "float[4,1,3,2]", "float[2,4,3,3,2]"),
      case_of("MulInt64", "Mul", "int64[3,4]", "int64[4]", "int64[3,4]"),
      case_of("AddUint8", "Add", "uint8[3,4]", "uint8[4]", "uint8[3,4]"),
      case_of("SubDouble", "Sub", "double[3,4]", "double[4]", "double[3,4]"),
      int32_case("AddInt32Wraps", "Add", {kLowest, 1, 2, 3}, {-1, 1, 1, 1}),
      int32_case("DivInt32CutsTowardsZero", "Div", {7, -7, 7, kLowest}, {2, 2, -2, -1}),
      int32_case("ModSignOfDivisor", "Mod", {7, -7, 7, kLowest}, {3, 3, -3, -1}),
      int32_case("ModSignOfDividend", "Mod <fmod = 1>", {7, -7, 7, kLowest}, {3, 3, -3, -1}),
      int32_case("PowInt32", "Pow", {2, -3, 1, -1}, {10, 3, -2, -3}),
      case_of("ModFloat", "Mod <fmod = 1>", "float[7]", "float[7]", "float[7]"),
      case_of("PowMixedTypes", "Pow", "float[3,4]", "int64[4]", "float[3,4]"),
      case_of("DivFloat", "Div", "float[3,4]", "float[4]", "float[3,4]"),
  };
  cases.back().inputs = {{"b", Tensor::of<float>({4}, {0.5F, -2.0F, 3.0F, 1.0F})}};
  cases.push_back(case_of("PowFloat", "Pow", "float[3,4]", "float[4]", "float[3,4]"));
  cases.back().inputs = {{"b", Tensor::of<float>({4}, {2.0F, 3.0F, 0.0F, 1.0F})}};
  cases.push_back({.name = "PowSquare",
                   .graph = "g (float[3,7] x) => (float[3,7] y) <float two = {2}> "
                            "{ y = Pow (x, two) }"});
  cases.push_back({.name = "PowConstantIntegers",
                   .graph = "g (float[3,2] x) => (float[3,2] y) <int64[2] e = {3, 4}> "
                            "{ y = Pow (x, e) }"});
  cases.push_back(case_of("MulUnknownExtents", "Mul", "float[n,3]", "float[m,3]", "float[k,3]"));
  cases.back().inputs = {{"a", random_tensor({DataType::kFloat32, Dims{2, 3}}, 1)},
                         {"b", random_tensor({DataType::kFloat32, Dims{1, 3}}, 2)}};
  cases.push_back(case_of("PowPositive", "Pow", "float[3,2]", "float[2]", "float[3,2]"));
  cases.back().inputs = {{"a", Tensor::of<float>({3, 2}, {1, 2, 0.5F, 3, 1.5F, 0.1F})}};
  cases.push_back(case_of("SubFloat16", "Sub", "float16[3,4]", "float16[4]", "float16[3,4]"));
  cases.back().tolerance = 1e-3;
  for (const std::string op : {"Add", "Sub", "Mul", "Max", "Min", "Div"}) {
    cases.push_back(case_of(op + "OfDoubles", op, "double[3,4]", "double[4]", "double[3,4]"));
    if (op == "Div") continue;
    cases.push_back(case_of(op + "OfInt8", op, "int8[3,4]", "int8", "int8[3,4]"));
    cases.push_back(case_of(op + "OfUint64", op, "uint64[3,1]", "uint64[4]", "uint64[3,4]"));
  }
  const Tensor divisors = Tensor::of<std::int16_t>({4}, {3, -3, -1, 7});
  for (const std::string op : {"Div", "Mod"}) {
    cases.push_back(case_of(op + "OfInt16", op, "int16[2,4]", "int16[4]", "int16[2,4]"));
    cases.back().inputs = {
        {"a", Tensor::of<std::int16_t>({2, 4}, {7, 7, -32768, -8, -7, -7, 5, 8})}, {"b", divisors}};
  }
  return cases;
}

}  // namespace gatefold::test
