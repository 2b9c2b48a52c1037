#pragma once

#include <cstdint>
#include <vector>

#include "tools/gradients/loss_problem.h"

namespace gatefold::tools {

struct GradientCheckOptions {
  double step = 1e-4;         ///< Of the differences, times max(1, |element|).
  double tolerance = 1e-6;    ///< Below it no smaller step is tried.
  std::int64_t samples = 32;  ///< Elements of a larger tensor that are tried.
  double time_limit = 60;     ///< Seconds after which no further ones are.
  std::uint64_t seed = 0;     ///< Of the choice of elements.
  int threads = 1;            ///< Of the kernels.
};

/// How far a gradient is off at worst, and for which element.
struct GradientError {
  double relative = 0;
  std::vector<std::int64_t> index = {};
};

/// What was found about the gradient by one parameter or input.
struct GradientFinding {
  const LossProblem::Variable* variable = nullptr;
  std::int64_t elements = 0;
  std::int64_t checked = 0;   ///< By differences.
  double largest = 0;         ///< Of the gradient's elements.
  GradientError differences;  ///< Analytic gradient against central differences, in double.
  GradientError kernels;      ///< What the kernels compute against the analytic gradient.
};

/// Compares gradients with central differences of the loss as the model was imported, both in
/// double on the plain evaluator, and what the kernels make of the same graph with them.
///
/// Errors are relative to the largest element of the gradient's tensor, or to a thousandth of the
/// largest of all tensors where that is more. Where a difference disagrees, steps of a tenth and a
/// hundredth are tried, and in the end any number between the slopes on both sides is right: so a
/// kink (Relu at 0) raises no alarm unless the gradient is wrong on both sides of it.
/// Throws Error when the loss is not a number.
std::vector<GradientFinding> check_gradients(const LossProblem& problem,
                                             const GradientCheckOptions& options);

}  // namespace gatefold::tools
