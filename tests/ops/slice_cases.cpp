#include "tests/ops/op_case.h"
#include "tests/random_inputs.h"

namespace gatefold::test {

std::vector<OpCase> slice_cases() {
  return {
      {.name = "SliceUnknownExtents",
       .graph = "g (float[n,4] x) => (float[a,b] y) <int64[1] s = {-2}, int64[1] e = {9}> { "
                "y = Slice (x, s, e) }",
       .inputs = {{"x", random_tensor({DataType::kFloat32, Dims{3, 4}}, 1)}}},
      {.name = "SliceRows",
       .graph = "g (float[6,4] x) => (float[a,b] y) <int64[1] s = {1}, int64[1] e = {5}> { "
                "y = Slice (x, s, e) }"},
      {.name = "SliceNegativeAxisToTheEnd",
       .graph = "g (float[3,8] x) => (float[a,b] y) <int64[1] s = {-3}, int64[1] e = "
                "{9223372036854775807}, int64[1] axes = {-1}> { y = Slice (x, s, e, axes) "
                "}"},
      {.name = "SliceNegativeStep",
       .graph = "g (float[5,3] x) => (float[a,b] y) <int64[1] s = {-1}, int64[1] e = "
                "{-100}, int64[1] axes = {0}, int64[1] steps = {-2}> { y = Slice (x, s, e, "
                "axes, steps) }"},
      {.name = "SliceTwoAxesInt32",
       .graph = "g (float[6,7] x) => (float[a,b] y) <int32[2] s = {1, 6}, int32[2] e = "
                "{2147483647, 0}, int32[2] axes = {0, 1}, int32[2] steps = {2, -3}> { y = "
                "Slice (x, s, e, axes, steps) }"},
      {.name = "SliceToNothing",
       .graph = "g (float[4] x) => (float[a] y) <int64[1] s = {3}, int64[1] e = {1}> { y = "
                "Slice (x, s, e) }"},
      {.name = "SliceStartsAtRunTime",
       .graph = "g (float[4,3] x, int64[1] s, int64[1] e) => (float[a,b] y) { y = Slice "
                "(x, s, e) }",
       .inputs = {{"s", Tensor::of<std::int64_t>({1}, {1})},
                  {"e", Tensor::of<std::int64_t>({1}, {3})}}},
      {.name = "SliceEmptyReversed",
       .graph = "g (float[0] x) => (float[a] y) <int64[1] s = {-1}, int64[1] e = {-9}, "
                "int64[1] axes = {0}, int64[1] steps = {-1}> { y = Slice (x, s, e, axes, "
                "steps) }"},
  };
}

}  // namespace gatefold::test
