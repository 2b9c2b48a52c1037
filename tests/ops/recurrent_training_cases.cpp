#include "tests/ops/recurrent_case.h"

namespace gatefold::test {

std::vector<OpCase> recurrent_training_cases() {
  std::vector<OpCase> cases;
  for (const RecurrentCase& recurrent : all_recurrent_cases()) {
    cases.push_back(to_training_case(recurrent));
  }
  return cases;
}

}  // namespace gatefold::test
