#include "tests/ops/op_case.h"

namespace gatefold::test {

std::vector<OpCase> where_cases() {
  return {
      {.name = "WhereSameShape",
       .graph = "g (bool[3,7] c, float[3,7] x, float[3,7] y) => (float[3,7] z) "
                "{ z = Where (c, x, y) }"},
      {.name = "WhereScalarX",
       .graph = "g (bool[3,7] c, float x, float[3,7] y) => (float[3,7] z) { z = Where (c, x, y) }"},
      {.name = "WhereScalarY",
       .graph = "g (bool[3,7] c, float[3,7] x, float[1] y) => (float[3,7] z) "
                "{ z = Where (c, x, y) }"},
      {.name = "WhereTwoScalars",
       .graph = "g (bool[3,7] c, int64 x, int64 y) => (int64[3,7] z) { z = Where (c, x, y) }"},
      {.name = "WhereConditionColumn",
       .graph = "g (bool[3,1] c, float[3,7] x, float y) => (float[3,7] z) { z = Where (c, x, y) }"},
      {.name = "WhereMixedRanks",
       .graph = "g (bool[4,1] c, double[3,1,5] x, double[5] y) => (double[3,4,5] z) "
                "{ z = Where (c, x, y) }"},
      {.name = "WhereFloat16",
       .graph = "g (bool[3] c, float16[3] x, float16[3] y) => (float16[3] z) "
                "{ z = Where (c, x, y) }"},
      {.name = "WhereEmpty",
       .graph = "g (bool[0] c, float[2,1] x, float y) => (float[2,0] z) { z = Where (c, x, y) }"},
  };
}

}  // namespace gatefold::test
