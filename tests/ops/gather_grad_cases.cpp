#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> gather_grad_cases() {
  return {
      {.name = "GatherGradAddsRepeatedRows",
       .graph = "g (int64[2] s, int64[2,2] i, float[2,2,3] dY) => (float[a,b] dX) "
                "{ dX = gatefold.GatherGrad (s, i, dY) }",
       .inputs = {{"s", Tensor::of<std::int64_t>({2}, {5, 3})},
                  {"i", Tensor::of<std::int64_t>({2, 2}, {1, -1, 1, 3})}}},
      {.name = "GatherGradLastAxis",
       .graph = "g (int32[4] i, float[2,4] dY) => (float[2,3] dX) <int64[2] s = {2, 3}> "
                "{ dX = gatefold.GatherGrad <axis = -1> (s, i, dY) }",
       .inputs = {{"i", Tensor::of<std::int32_t>({4}, {-1, 0, 2, -3})}}},
      {.name = "GatherGradScalarIndex",
       .graph = "g (int64 i, float[3] dY) => (float[4,3] dX) <int64[2] s = {4, 3}> "
                "{ dX = gatefold.GatherGrad (s, i, dY) }"},
      {.name = "GatherGradNoRows",
       .graph = "g (int64[0] i, float[0,3] dY) => (float[4,3] dX) <int64[2] s = {4, 3}> "
                "{ dX = gatefold.GatherGrad (s, i, dY) }"},
      {.name = "GatherGradDouble",
       .graph = "g (int64[3] i, double[2,3,2] dY) => (double[2,4,2] dX) <int64[3] s = {2, 4, 2}> "
                "{ dX = gatefold.GatherGrad <axis = 1> (s, i, dY) }",
       .inputs = {{"i", Tensor::of<std::int64_t>({3}, {2, 2, 0})}}},
      {.name = "GatherRowsGradAddsRepeatedRows",
       .graph = "g (int64[2,2] i, float[2,2,3] dY) => (float[2,2,3] rows) <int64[2] s = {5, 3}> "
                "{ rows = gatefold.GatherRowsGrad (s, i, dY) }",
       .inputs = {{"i", Tensor::of<std::int64_t>({2, 2}, {1, -1, -4, 4})}}},
      {.name = "GatherRowsGradInt32",
       .graph = "g (int32[4] i, float[4] dY) => (float[4] rows) <int64[1] s = {3}> "
                "{ rows = gatefold.GatherRowsGrad (s, i, dY) }",
       .inputs = {{"i", Tensor::of<std::int32_t>({4}, {2, 0, 2, 2})}}},
      {.name = "GatherRowsGradScalarIndex",
       .graph = "g (int64 i, float[3] dY) => (float[3] rows) <int64[2] s = {4, 3}> "
                "{ rows = gatefold.GatherRowsGrad (s, i, dY) }"},
      {.name = "GatherRowsGradNoRows",
       .graph = "g (int64[0] i, float[0,3] dY) => (float[0,3] rows) <int64[2] s = {4, 3}> "
                "{ rows = gatefold.GatherRowsGrad (s, i, dY) }"},
      {.name = "GatherRowsGradDouble",
       .graph = "g (int64[3] i, double[3,2] dY) => (double[3,2] rows) <int64[2] s = {4, 2}> "
                "{ rows = gatefold.GatherRowsGrad (s, i, dY) }",
       .inputs = {{"i", Tensor::of<std::int64_t>({3}, {2, 2, 0})}}},
  };
}

}  // namespace gatefold::test
