#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> quantize_linear_cases() {
  return {
      {.name = "QuantizeLinearPerTensor",
       .graph = "g (float[3,4] x) => (uint8[3,4] y) <float scale = {0.01}, uint8 zero = {128}> "
                "{ y = QuantizeLinear (x, scale, zero) }"},
      {.name = "QuantizeLinearScaleInAList",
       .graph = "g (float[3,4] x) => (uint8[3,4] y) <float[1] scale = {0.01}, uint8 zero = {128}> "
                "{ y = QuantizeLinear (x, scale, zero) }"},
      {.name = "QuantizeLinearZeroPointInAList",
       .graph = "g (float[4] x) => (int8[4] y) <float scale = {0.01}, int8[1] zero = {-7}> "
                "{ y = QuantizeLinear (x, scale, zero) }"},
      {.name = "QuantizeLinearBothInLists",
       .graph = "g (float[4] x) => (int8[4] y) <float[1] scale = {0.01}, int8[1] zero = {-7}> "
                "{ y = QuantizeLinear (x, scale, zero) }"},
      {.name = "QuantizeLinearScaleInAListAlone",
       .graph =
           "g (float x) => (uint8 y) <float[1] scale = {0.01}> { y = QuantizeLinear (x, scale) "
           "}",
       .inputs = {{"x", Tensor::scalar(0.5F)}}},
      {.name = "QuantizeLinearScaleOfOpenExtent",
       .graph = "g (float[4] x, float[s] scale, uint8 zero) => (uint8[4] y) "
                "{ y = QuantizeLinear (x, scale, zero) }",
       .inputs = {{"scale", Tensor::of<float>({1}, {0.25F})}}},
      {.name = "QuantizeLinearPerAxis",
       .graph = "g (float[2,3,2] x) => (int8[2,3,2] y) <float[3] scale = {0.5, 0.25, 0.125}, "
                "int8[3] zero = {1, 0, -1}> { y = QuantizeLinear (x, scale, zero) }"},
      {.name = "QuantizeLinearBlocked",
       .graph = "g (float[2,5] x) => (int16[2,5] y) <float[2,3] scale = {0.5, 0.25, 0.125, 1.0, "
                "2.0, 4.0}> { y = QuantizeLinear <block_size = 2, output_dtype = 5> (x, scale) "
                "}"},
      {.name = "QuantizeLinearHalvesToEven",
       .graph = "g (float[4] x) => (uint8[4] y) <float scale = {2.0}> { y = QuantizeLinear (x, "
                "scale) }",
       .inputs = {{"x", Tensor::of<float>({4}, {1, 3, 5, 1000})}}},
      {.name = "QuantizeLinearSaturates",
       .graph = "g (float[6] x) => (int8[6] y) <float scale = {0.5}, int8 zero = {-100}> "
                "{ y = QuantizeLinear (x, scale, zero) }",
       .inputs = {{"x", Tensor::of<float>({6}, {1e30F, -1e30F, 113, 114, -14, -14.5F})}}},
      {.name = "DequantizeLinearInt16",
       .graph = "g (int16[2,3] x) => (float[2,3] y) <float[3] scale = {0.5, 2.0, 0.25}, int16[3] "
                "zero = {-30000, 0, 30000}> { y = DequantizeLinear (x, scale, zero) }",
       .inputs = {{"x", Tensor::of<std::int16_t>({2, 3}, {32767, -32768, 5, -32768, 32767, 6})}}},
      {.name = "DequantizeLinearInt32",
       .graph = "g (int32[3] x) => (float[3] y) <float scale = {0.25}> "
                "{ y = DequantizeLinear (x, scale) }",
       .inputs = {{"x", Tensor::of<std::int32_t>({3}, {2000000000, -2000000000, 7})}}},
      {.name = "DequantizeLinearPerTensor",
       .graph = "g (uint8[3,4] x) => (float[3,4] y) <float scale = {0.5}, uint8 zero = {2}> { y "
                "= DequantizeLinear (x, scale, zero) }"},
      {.name = "DequantizeLinearScaleInAList",
       .graph = "g (uint8[3,4] x) => (float[3,4] y) <float[1] scale = {0.5}, uint8 zero = {2}> { y "
                "= DequantizeLinear (x, scale, zero) }"},
      {.name = "DequantizeLinearZeroPointInAList",
       .graph = "g (int8[4] x) => (float[4] y) <float scale = {0.5}, int8[1] zero = {2}> { y = "
                "DequantizeLinear (x, scale, zero) }"},
      {.name = "DequantizeLinearOfOneOfAnAxis",
       .graph = "g (int8[1,4] x) => (float[1,4] y) <float[1] scale = {0.5}, int8 zero = {2}> { y = "
                "DequantizeLinear <axis = 0> (x, scale, zero) }"},
      {.name = "DequantizeLinearConstantInAList",
       .graph =
           "g (float[4] a) => (float[4] y) <int8[4] x = {1, 2, -3, 4}, float[1] scale = {0.5}, "
           "int8 zero = {2}> { b = DequantizeLinear (x, scale, zero) y = Mul (a, b) }"},
      {.name = "DequantizeLinearPerAxis",
       .graph = "g (int8[2,3] x) => (float[2,3] y) <float[2] scale = {0.5, 2.0}> { y = "
                "DequantizeLinear <axis = 0> (x, scale) }"},
      {.name = "DynamicQuantizeLinear",
       .graph = "g (float[6] x) => (uint8[6] y, float s, uint8 z) { y, s, z = "
                "DynamicQuantizeLinear (x) }",
       .inputs = {{"x", Tensor::of<float>({6}, {0, 2, -3, -2.4F, 1.34F, 0.5F})}}},
      {.name = "DynamicQuantizeLinearReadBack",
       .graph = "g (float[6] x) => (float[6] y) <int64[1] list = {1}> { q, s, z = "
                "DynamicQuantizeLinear (x) t = Reshape (s, list) y = DequantizeLinear (q, t, z) }",
       .inputs = {{"x", Tensor::of<float>({6}, {0, 2, -3, -2.4F, 1.34F, 0.5F})}}},
  };
}

}  // namespace gatefold::test
