#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> col2im_cases() {
  return {
      {.name = "Col2ImPlain",
       .graph = "g (float[1,5,5] x) => (float[a,b,c,d] y) <int64[2] image = {5, 5}, "
                "int64[2] block = {1, 5}> { y = Col2Im (x, image, block) }"},
      {.name = "Col2ImStridesAndPads",
       .graph = "g (float[2,8,4] x) => (float[a,b,c,d] y) <int64[2] image = {3, 3}, "
                "int64[2] block = {2, 2}> { y = Col2Im <strides = [2, 2], pads = [0, 0, 1, "
                "1]> (x, image, block) }"},
      {.name = "Col2ImOneAxisDilated",
       .graph = "g (float[1,6,3] x) => (float[a,b,c] y) <int64[1] image = {7}, int64[1] "
                "block = {3}> { y = Col2Im <dilations = [2]> (x, image, block) }"},
  };
}

}  // namespace gatefold::test
