#include <gtest/gtest.h>

#include "backend/kernels.h"
#include "ir/op_def.h"
#include "tests/kernel_problem.h"

namespace gatefold::test {
namespace {

/// How many of the cases of ConvWeightGrad a maker took.
int compare_weight_gradients(MakeKernel make, int threads) {
  int taken = 0;
  for (const OpCase& op_case : conv_weight_grad_cases()) {
    SCOPED_TRACE(op_case.name);
    const KernelProblem problem(op_case);
    if (!problem.node().output()->type().is_static()) continue;
    if (problem.node().output()->type().dtype != DataType::kFloat32) continue;
    const auto outputs = run_maker(problem, make, threads, /*are_constant=*/false);
    if (!outputs) continue;
    ++taken;
    expect_close(problem, *outputs);
  }
  return taken;
}

std::vector<OpCase> all_cases() {
  std::vector<OpCase> cases = conv_cases();
  for (const OpCase& op_case : conv_transpose_cases()) cases.push_back(op_case);
  return cases;
}

constexpr MakeKernel kNone = [](const KernelRequest& /*request*/) -> std::unique_ptr<Kernel> {
  return nullptr;
};

/// How many of the cases the makers took.
int compare_with_oracle(MakeKernel make_conv, MakeKernel make_conv_transpose, int threads,
                        bool are_constant) {
  int taken = 0;
  for (const OpCase& op_case : all_cases()) {
    SCOPED_TRACE(op_case.name);
    if (op_case.graph.find("double") != std::string::npos) continue;
    // Kernels are made for known extents.
    if (op_case.graph.find("float[n,") != std::string::npos) continue;
    const KernelProblem problem(op_case);
    const MakeKernel make = problem.node().op().name == "Conv" ? make_conv : make_conv_transpose;
    const auto outputs = run_maker(problem, make, threads, are_constant);
    if (!outputs) continue;
    ++taken;
    expect_close(problem, *outputs, op_case.tolerance);
  }
  return taken;
}

TEST(ConvKernels, PlainAgreesWithOracle) {
  for (const bool are_constant : {false, true}) {
    EXPECT_GT(compare_with_oracle(native::make_conv, native::make_conv_transpose, 1, are_constant),
              15);
  }
}

TEST(ConvKernels, ThreadsShareTheWork) {
  EXPECT_GT(compare_with_oracle(native::make_conv, native::make_conv_transpose, 3, true), 15);
}

TEST(ConvKernels, WeightGradientsAgreeWithOracle) {
  for (const int threads : {1, 3}) {
    EXPECT_GT(compare_weight_gradients(native::make_conv_weight_grad, threads), 10);
    EXPECT_GT(compare_weight_gradients(onednn::make_conv_weight_grad, threads), 10);
    EXPECT_GT(compare_weight_gradients(make_fastest_conv_weight_grad, threads), 10);
  }
}

TEST(ConvKernels, WinogradAgreesWithOracle) {
  for (const int threads : {1, 3}) {
    EXPECT_EQ(compare_with_oracle(native::make_winograd_conv, kNone, threads, true), 4);
  }
}

TEST(ConvKernels, PointwiseAgreesWithOracle) {
  for (const int threads : {1, 3}) {
    EXPECT_EQ(compare_with_oracle(native::make_pointwise_conv, kNone, threads, true), 3);
  }
}

TEST(ConvKernels, OneDnnAgreesWithOracle) {
  for (const bool are_constant : {false, true}) {
    EXPECT_GT(compare_with_oracle(onednn::make_conv, onednn::make_conv_transpose, 1, are_constant),
              15);
  }
}

TEST(ConvKernels, FastestAgreesWithOracle) {
  EXPECT_GT(compare_with_oracle(make_fastest_conv, make_fastest_conv_transpose, 1, true), 15);
}

}  // namespace
}  // namespace gatefold::test
