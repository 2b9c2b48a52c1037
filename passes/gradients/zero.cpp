#include <string_view>

#include "passes/gradients/gradient_table.h"

namespace gatefold::gradients {

std::vector<GradientEntry> zero() {
  constexpr std::string_view kStep = "it is constant between its steps";
  constexpr std::string_view kInteger = "its result is no floating-point number";
  constexpr std::string_view kShape = "it reads shapes only";
  constexpr std::string_view kWindow = "it depends on a whole number only";
  constexpr std::string_view kSettings = "its inputs are settings, which are not trained";
  constexpr std::string_view kRandom = "what it draws depends on no input";
  std::vector<GradientEntry> rows;
  const auto add = [&rows](std::string_view reason, std::initializer_list<std::string_view> ops) {
    for (const std::string_view op : ops) {
      rows.push_back({.op = op, .is_zero = true, .reason = reason});
    }
  };
  add(kStep, {"Floor", "Ceil", "Hardmax", "Round", "Sign"});
  add(kInteger, {"ArgMax",
                 "ArgMin",
                 "And",
                 "Or",
                 "Xor",
                 "Not",
                 "Equal",
                 "Greater",
                 "GreaterOrEqual",
                 "Less",
                 "LessOrEqual",
                 "IsInf",
                 "IsNaN",
                 "NonZero",
                 "BitShift",
                 "BitwiseAnd",
                 "BitwiseOr",
                 "BitwiseXor",
                 "BitwiseNot",
                 "NonMaxSuppression",
                 "SequenceLength",
                 "OptionalHasElement"});
  add(kWindow, {"BlackmanWindow", "HammingWindow", "HannWindow"});
  add(kSettings, {"OneHot", "Range"});
  add(kShape, {"Shape", "Size", "ConstantOfShape", "EyeLike"});
  add(kInteger, {"QuantizeLinear", "DynamicQuantizeLinear", "MatMulInteger", "ConvInteger",
                 "QLinearMatMul", "QLinearConv"});
  add("it counts whole numbers", {"TfIdfVectorizer"});
  add(kRandom, {"RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike",
                "Bernoulli", "Multinomial"});
  rows.push_back(
      {.op = "CounterUniform", .domain = kGatefoldDomain, .is_zero = true, .reason = kRandom});
  return rows;
}

}  // namespace gatefold::gradients
