#include "tests/ops/op_case.h"

namespace gatefold::test {
namespace {

using CaseList = std::vector<OpCase> (*)();

constexpr CaseList kCaseLists[] = {
    conv_cases,
    conv_transpose_cases,
    gather_cases,
    gru_cases,
    lstm_cases,
    rnn_cases,
    gemm_cases,
    matmul_cases,
    channel_normalization_cases,
    layer_normalization_cases,
    local_normalization_cases,
};

}  // namespace

std::vector<OpCase> all_op_cases() {
  std::vector<OpCase> all;
  for (const CaseList list : kCaseLists) {
    for (OpCase& op_case : list()) all.push_back(std::move(op_case));
  }
  return all;
}

}  // namespace gatefold::test
