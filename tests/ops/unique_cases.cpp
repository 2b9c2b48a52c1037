#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> unique_cases() {
  return {
      {.name = "UniqueSorted",
       .graph = "g (float[6] x) => (float[n] y, int64[n] i, int64[m] v, int64[n] c) { y, i, v, "
                "c = Unique (x) }",
       .inputs = {{"x", Tensor::of<float>({6}, {2, 1, 1, 3, 4, 3})}}},
      {.name = "UniqueInOrderOfAppearance",
       .graph = "g (int64[6] x) => (int64[n] y, int64[n] i, int64[m] v, int64[n] c) { y, i, v, "
                "c = Unique <sorted = 0> (x) }",
       .inputs = {{"x", Tensor::of<std::int64_t>({6}, {2, 1, 1, 3, 4, 3})}}},
      {.name = "UniqueRows",
       .graph = "g (float[3,2] x) => (float[n,2] y, int64[n] i, int64[m] v) { y, i, v = Unique "
                "<axis = 0> (x) }",
       .inputs = {{"x", Tensor::of<float>({3, 2}, {1, 0, 0, 5, 1, 0})}}},
  };
}

}  // namespace gatefold::test
