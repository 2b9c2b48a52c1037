#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> pad_cases() {
  return {
      {.name = "PadZeros",
       .graph = "g (float[2,3] x) => (float[a,b] y) <int64[4] p = {1, 0, 0, 2}> { y = Pad "
                "(x, p) }"},
      {.name = "PadConstantOfInput",
       .graph = "g (float[2,3] x, float c) => (float[a,b] y) <int64[4] p = {0, 2, 1, 0}> { "
                "y = Pad (x, p, c) }"},
      {.name = "PadEdgeBesideAConstant",
       .graph = "g (float[2,3] x, float c) => (float[a,b] y) <int64[4] p = {0, 2, 1, 0}> { "
                "y = Pad <mode = \"edge\"> (x, p, c) }"},
      {.name = "PadNegative",
       .graph = "g (float[4,5] x) => (float[a,b] y) <int64[4] p = {-1, 2, 1, -3}> { y = "
                "Pad (x, p) }"},
      {.name = "PadRemovesEverything",
       .graph = "g (int64[2] x) => (int64[a] y) <int64[2] p = {-3, 4}> { y = Pad (x, p) }"},
      {.name = "PadAxes",
       .graph = "g (float[2,3,4] x, float c) => (float[a,b,d] y) <int64[2] p = {1, 1}, "
                "int64[1] axes = {-2}> { y = Pad (x, p, c, axes) }"},
      {.name = "PadEdge",
       .graph = "g (float[2,3] x) => (float[a,b] y) <int64[4] p = {1, 2, 0, 3}> { y = Pad "
                "<mode = \"edge\"> (x, p) }"},
      {.name = "PadReflectFurtherThanTheAxis",
       .graph = "g (float[3] x) => (float[a] y) <int64[2] p = {5, 4}> { y = Pad <mode = "
                "\"reflect\"> (x, p) }"},
      {.name = "PadReflectAfterRemoving",
       .graph = "g (float[4] x) => (float[a] y) <int64[2] p = {-1, 2}> { y = Pad <mode = "
                "\"reflect\"> (x, p) }"},
      {.name = "PadWrap",
       .graph = "g (float[3,2] x) => (float[a,b] y) <int64[4] p = {2, 1, 4, 0}> { y = Pad "
                "<mode = \"wrap\"> (x, p) }"},
      {.name = "CenterCropPadBoth",
       .graph = "g (float[5,3,2] x) => (float[a,b,c] y) <int64[2] s = {2, 6}> { y = "
                "CenterCropPad <axes = [0, -2]> (x, s) }"},
      {.name = "CenterCropPadAllAxes",
       .graph = "g (float[2,5] x) => (float[a,b] y) <int64[2] s = {3, 2}> { y = "
                "CenterCropPad (x, s) }"},
  };
}

}  // namespace gatefold::test
