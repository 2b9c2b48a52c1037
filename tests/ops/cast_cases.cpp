#include "tests/ops/op_case.h"

namespace gatefold::test {
namespace {

OpCase case_of(std::string name, const std::string& from, const std::string& to, DataType number) {
  return {.name = std::move(name),
          .graph = "g (" + from + "[7] x) => (" + to + "[7] y) { y = Cast <to = " +
                   std::to_string(static_cast<int>(number)) + "> (x) }"};
}

Tensor floats() {
  return Tensor::of<float>({7}, {-2.7F, -0.5F, 0.0F, 0.5F, 2.7F, 100.0F, -100.0F});
}

}  // namespace

std::vector<OpCase> cast_cases() {
  std::vector<OpCase> cases = {
      case_of("CastFloatToInt64", "float", "int64", DataType::kInt64),
      case_of("CastFloatToInt8", "float", "int8", DataType::kInt8),
      case_of("CastFloatToBool", "float", "bool", DataType::kBool),
      case_of("CastFloatToDouble", "float", "double", DataType::kFloat64),
  };
  for (OpCase& op_case : cases) op_case.inputs = {{"x", floats()}};
  cases.insert(
      cases.end(),
      {
          case_of("CastInt64ToFloat", "int64", "float", DataType::kFloat32),
          case_of("CastBoolToFloat", "bool", "float", DataType::kFloat32),
          case_of("CastInt32ToBool", "int32", "bool", DataType::kBool),
          case_of("CastFloat16ToFloat", "float16", "float", DataType::kFloat32),
          case_of("CastFloatToFloat", "float", "float", DataType::kFloat32),
          {.name = "CastLikeOfDouble",
           .graph = "g (double[3] x, float[1] like) => (float[3] y) { y = CastLike (x, like) }"},
          {.name = "CastLike",
           .graph = "g (int64[3] x, float[1] like) => (float[3] y) { y = CastLike (x, like) }"},
      });
  OpCase to_half = case_of("CastFloatToFloat16", "float", "float16", DataType::kFloat16);
  to_half.tolerance = 1e-3;
  OpCase to_bfloat16 = case_of("CastDoubleToBfloat16", "double", "bfloat16", DataType::kBfloat16);
  to_bfloat16.tolerance = 1e-2;
  cases.push_back(std::move(to_half));
  cases.push_back(std::move(to_bfloat16));
  return cases;
}

}  // namespace gatefold::test
