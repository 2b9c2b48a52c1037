#include <limits>
#include <string_view>

#include "tests/ops/op_case.h"

namespace gatefold::test {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// Numbers from first to last in even steps, an odd count of them so that vector loops have a rest.
Tensor steps(float first, float last) {
  constexpr std::int64_t kCount = 67;
  Tensor tensor(DataType::kFloat32, {kCount});
  for (std::int64_t i = 0; i < kCount; ++i) {
    tensor.data<float>()[i] = first + (last - first) * static_cast<float>(i) / (kCount - 1);
  }
  return tensor;
}

struct Domain {
  std::string_view op;
  float first;
  float last;
};

constexpr Domain kDomains[] = {
    {"Abs", -3, 3},      {"Acos", -1, 1},      {"Acosh", 1, 9},         {"Asin", -1, 1},
    {"Asinh", -9, 9},    {"Atan", -9, 9},      {"Atanh", -0.9F, 0.9F},  {"Ceil", -3.3F, 3.3F},
    {"Cos", -9, 9},      {"Cosh", -5, 5},      {"Erf", -5, 5},          {"Exp", -20, 9},
    {"Floor", -3.3F, 3}, {"HardSwish", -5, 5}, {"Log", 0, 99},          {"Mish", -30, 9},
    {"Neg", -3, 3},      {"Reciprocal", 1, 9}, {"Round", -3.5F, 4.75F}, {"Sigmoid", -40, 40},
    {"Sign", -3, 3},     {"Sin", -9, 9},       {"Sinh", -5, 5},         {"Softplus", -30, 30},
    {"Softsign", -9, 9}, {"Sqrt", 0, 99},      {"Tan", -1.5F, 1.5F},    {"Tanh", -12, 12},
};

/// Off the ends of their domains, where there are derivatives.
constexpr Domain kInteriors[] = {{"Acos", -0.9F, 0.9F},
                                 {"Acosh", 1.1F, 9},
                                 {"Asin", -0.9F, 0.9F},
                                 {"Log", 0.1F, 9},
                                 {"Sqrt", 0.1F, 9}};

/// Operators whose vector loops treat these numbers with care.
constexpr std::string_view kWithSpecialNumbers[] = {
    "Abs",   "Ceil",    "Erf",  "Exp",      "Floor", "Log",  "Neg",       "Relu",
    "Round", "Sigmoid", "Sign", "Softplus", "Sqrt",  "Tanh", "HardSwish", "Mish",
};

/// Operators that have loops for double, too.
constexpr std::string_view kInDouble[] = {
    "Abs",  "Ceil",       "Cos",   "Erf",     "Exp",  "Floor", "Log",  "Neg",
    "Relu", "Reciprocal", "Round", "Sigmoid", "Sign", "Sin",   "Sqrt", "Tanh",
};

std::string graph_of(std::string_view op, std::string_view type) {
  return "g (" + std::string(type) + " x) => (" + std::string(type) +
         " y) { y = " + std::string(op) + " (x) }";
}

}  // namespace

std::vector<OpCase> unary_cases() {
  std::vector<OpCase> cases = {
      {.name = "AbsInt8",
       .graph = graph_of("Abs", "int8[3]"),
       .inputs = {{"x", Tensor::of<std::int8_t>({3}, {-128, -3, 5})}}},
      {.name = "NegInt64",
       .graph = graph_of("Neg", "int64[2]"),
       .inputs = {{"x", Tensor::of<std::int64_t>({2}, {-7, 7})}}},
      {.name = "SignUint8", .graph = graph_of("Sign", "uint8[5]")},
      {.name = "TanhScalar", .graph = graph_of("Tanh", "float")},
      {.name = "ExpEmpty", .graph = graph_of("Exp", "float[2,0]")},
      {.name = "ExpDouble", .graph = graph_of("Exp", "double[2,3]"), .tolerance = 1e-14},
      {.name = "TanhHalf", .graph = graph_of("Tanh", "float16[2,3]"), .tolerance = 1e-3},
      {.name = "SigmoidParallelSize", .graph = graph_of("Sigmoid", "float[70001]")},
  };
  for (const std::string_view op : kInDouble) {
    cases.push_back({.name = std::string(op) + "OfDoubles",
                     .graph = graph_of(op, "double[5]"),
                     .inputs = {{"x", Tensor::of<double>({5}, {0.5, 1.5, 2.5, 0.1, 3})}},
                     .tolerance = 1e-14});
  }
  for (const std::string op : {"Abs", "Neg", "Relu", "Sign"}) {
    cases.push_back(
        {.name = op + "OfInt32",
         .graph = graph_of(op, "int32[4]"),
         .inputs = {{"x", Tensor::of<std::int32_t>({4}, {-5, 0, 7, -2147483647 - 1})}}});
  }
  for (const Domain& domain : kDomains) {
    cases.push_back({.name = std::string(domain.op) + "Range",
                     .graph = graph_of(domain.op, "float[67]"),
                     .inputs = {{"x", steps(domain.first, domain.last)}}});
  }
  for (const Domain& domain : kInteriors) {
    cases.push_back({.name = std::string(domain.op) + "Interior",
                     .graph = graph_of(domain.op, "float[67]"),
                     .inputs = {{"x", steps(domain.first, domain.last)}}});
  }
  for (const std::string_view op : kWithSpecialNumbers) {
    cases.push_back({.name = std::string(op) + "SpecialNumbers",
                     .graph = graph_of(op, "float[6]"),
                     .inputs = {{"x", Tensor::of<float>(
                                          {6}, {-0.0F, 0.0F, kNan, kInfinity, -200.0F, -0.0F})}}});
  }
  return cases;
}

}  // namespace gatefold::test
