#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> window_function_cases() {
  return {
      {.name = "HannWindowPeriodic",
       .graph = "g () => (float[10] y) <int64 size = {10}> { y = HannWindow (size) }"},
      {.name = "HammingWindowSymmetric",
       .graph = "g () => (float[9] y) <int64 size = {9}> { y = HammingWindow <periodic = 0> "
                "(size) }"},
      {.name = "BlackmanWindowDouble",
       .graph = "g () => (double[8] y) <int32 size = {8}> { y = BlackmanWindow <output_datatype "
                "= 11> (size) }"},
  };
}

}  // namespace gatefold::test
