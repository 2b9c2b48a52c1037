#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> bitwise_cases() {
  const Tensor amounts = Tensor::of<std::uint8_t>({3}, {1, 7, 8});
  return {
      {.name = "BitwiseAnd",
       .graph = "g (int32[2,3] a, int32[3] b) => (int32[2,3] c) { c = BitwiseAnd (a, b) }"},
      {.name = "BitwiseOr",
       .graph = "g (uint8[2,3] a, uint8[3] b) => (uint8[2,3] c) { c = BitwiseOr (a, b) }"},
      {.name = "BitwiseXor",
       .graph = "g (int64[2,3] a, int64[3] b) => (int64[2,3] c) { c = BitwiseXor (a, b) }"},
      {.name = "BitwiseNot", .graph = "g (int16[4] x) => (int16[4] y) { y = BitwiseNot (x) }"},
      {.name = "BitShiftLeft",
       .graph = "g (uint8[2,3] x, uint8[3] y) => (uint8[2,3] z) "
                "{ z = BitShift <direction = \"LEFT\"> (x, y) }",
       .inputs = {{"y", amounts}}},
      {.name = "BitShiftRight",
       .graph = "g (uint8[3] x, uint8[3] y) => (uint8[3] z) "
                "{ z = BitShift <direction = \"RIGHT\"> (x, y) }",
       .inputs = {{"x", Tensor::of<std::uint8_t>({3}, {255, 255, 255})}, {"y", amounts}}},
  };
}

}  // namespace gatefold::test
