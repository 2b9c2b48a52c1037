#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> range_cases() {
  return {
      {.name = "RangeUp",
       .graph = "g (int64 start, int64 limit, int64 delta) => (int64[a] y) { y = Range "
                "(start, limit, delta) }",
       .inputs = {{"start", Tensor::of<std::int64_t>({}, {1})},
                  {"limit", Tensor::of<std::int64_t>({}, {8})},
                  {"delta", Tensor::of<std::int64_t>({}, {3})}}},
      {.name = "RangeDown",
       .graph = "g (int32 start, int32 limit, int32 delta) => (int32[a] y) { y = Range "
                "(start, limit, delta) }",
       .inputs = {{"start", Tensor::of<std::int32_t>({}, {5})},
                  {"limit", Tensor::of<std::int32_t>({}, {-4})},
                  {"delta", Tensor::of<std::int32_t>({}, {-3})}}},
      {.name = "RangeFloat",
       .graph = "g () => (float[a] y) <float start = {0.5}, float limit = {2.0}, float "
                "delta = {0.25}> { y = Range (start, limit, delta) }"},
      {.name = "RangeEmpty",
       .graph = "g () => (int64[a] y) <int64 start = {4}, int64 limit = {4}, int64 delta = "
                "{1}> { y = Range (start, limit, delta) }"},
      {.name = "RangeUpToAnExtent",
       .graph = "g (float[2,5] x) => (int64[a] y) <int64 zero = {0}, int64 one = {1}, "
                "int64 axis = {1}> { s = Shape (x) n = Gather (s, axis) y = Range (zero, "
                "n, one) }"},
  };
}

}  // namespace gatefold::test
