#include <gtest/gtest.h>

#include "backend/kernels.h"
#include "ir/op_def.h"
#include "tests/kernel_problem.h"
#include "tests/ops/recurrent_case.h"

namespace gatefold::test {
namespace {

std::vector<OpCase> recurrent_cases() {
  std::vector<OpCase> cases;
  for (const auto& list : {lstm_cases(), gru_cases(), rnn_cases()}) {
    cases.insert(cases.end(), list.begin(), list.end());
  }
  return cases;
}

TEST(RecurrentKernels, PlainAgreesWithOracle) {
  for (const OpCase& op_case : recurrent_cases()) {
    SCOPED_TRACE(op_case.name);
    const KernelProblem problem(op_case);
    for (const bool are_constant : {false, true}) {
      const auto outputs = run_maker(problem, native::make_recurrent, 1, are_constant);
      ASSERT_TRUE(outputs.has_value());
      expect_close(problem, *outputs);
    }
  }
}

TEST(RecurrentKernels, ThreadsShareTheWork) {
  const std::vector<RecurrentCase> cases = {
      {.name = "Lstm",
       .op = "LSTM",
       .N = 15,
       .H = 96,
       .D = 2,
       .sequence_lens = {4, 1, 0, 3, 4, 4, 4, 2, 4, 4, 4, 4, 1, 0, 4}},
      {.name = "Gru", .op = "GRU", .N = 9, .H = 150},
      {.name = "GruLinearBeforeReset",
       .op = "GRU",
       .N = 5,
       .H = 150,
       .D = 2,
       .attributes = "linear_before_reset = 1"},
      {.name = "Rnn", .op = "RNN", .N = 25, .H = 150},
      // A thread for each direction.
      {.name = "LstmSmallSteps",
       .op = "LSTM",
       .T = 40,
       .N = 2,
       .H = 20,
       .D = 2,
       .inputs = {"initial_h"},
       .sequence_lens = {40, 33}},
  };
  for (const OpCase& op_case : to_op_cases(cases)) {
    SCOPED_TRACE(op_case.name);
    const KernelProblem problem(op_case);
    for (const int threads : {2, 3}) {
      const auto outputs = run_maker(problem, native::make_recurrent, threads, true);
      ASSERT_TRUE(outputs.has_value());
      expect_close(problem, *outputs);
    }
  }
}

TEST(RecurrentKernels, OneDnnAgreesWithOracle) {
  int taken = 0;
  for (const OpCase& op_case : recurrent_cases()) {
    SCOPED_TRACE(op_case.name);
    const KernelProblem problem(op_case);
    const std::string_view op = problem.node().op().name;
    const MakeKernel make = op == "LSTM"  ? onednn::make_lstm
                            : op == "GRU" ? onednn::make_gru
                                          : onednn::make_rnn;
    const auto outputs = run_maker(problem, make, 1, true);
    if (!outputs) continue;
    ++taken;
    expect_close(problem, *outputs);
  }
  EXPECT_GT(taken, 30);
}

}  // namespace
}  // namespace gatefold::test
