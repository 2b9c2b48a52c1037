#pragma once

#include <cstdint>
#include <vector>

#include "tools/gradients/loss_problem.h"

namespace gatefold::tools {

struct GradientCheckOptions {
  double step = 1e-4;         ///< Step of the differences, relative to max(1, |element|).
  double tolerance = 1e-6;    ///< Errors up to this need no smaller step.
  std::int64_t samples = 32;  ///< Number of elements to check in a larger tensor.
  /// Number of random directions in which to check such a tensor as a whole instead; 0: none.
  std::int64_t directions = 0;
  double time_limit = 60;    ///< Seconds after which no more elements are checked.
  std::uint64_t seed = 0;    ///< Seed for the choice of elements.
  bool accept_kinks = true;  ///< Take any number between the slopes on both sides for right.
  /// Pass over differences that are not finite instead of refusing such a loss.
  bool skip_undefined = false;
  bool check_kernels = true;  ///< Check what the kernels compute, too.
  int threads = 1;            ///< Threads of the kernels.
};

/// The largest error of a gradient, and the element that has it; no index where it is the error of
/// the slope in a direction.
struct GradientError {
  double relative = 0;
  std::vector<std::int64_t> index = {};
};

/// A gradient by one element beside the finite difference of the loss.
struct ComparedElement {
  std::vector<std::int64_t> index;
  double number = 0;  ///< The element itself.
  double gradient = 0;
  double difference = 0;  ///< (f(w + h) - f(w - h)) / 2h for the step h that came nearest.
};

/// The result of checking the gradient by one parameter or input.
struct GradientFinding {
  const LossProblem::Variable* variable = nullptr;
  std::int64_t elements = 0;
  std::int64_t checked = 0;  ///< Number of elements or directions checked by differences.
  double largest = 0;        ///< Largest element of the gradient.
  std::vector<ComparedElement> compared = {};  ///< The elements that were checked one by one.
  GradientError differences;  ///< Analytic gradient against central differences, in double.
  GradientError kernels;      ///< What the kernels compute against the analytic gradient.
};

/// Compares gradients with central differences of the loss of the model as it was imported, both in
/// double on the plain evaluator, and compares the kernels' gradients with them.
///
/// Errors are relative to the largest of these: the largest element of the gradient's tensor, a
/// thousandth of the largest of all tensors, the slope in the direction. Where a difference
/// disagrees, steps of a tenth and a hundredth are tried, and in the end, with `accept_kinks`, any
/// number between the slopes on both sides is right: so a kink (Relu at 0) raises no alarm unless
/// the gradient is wrong on both sides of it. Throws Error when the loss is not finite, unless
/// `skip_undefined`.
std::vector<GradientFinding> check_gradients(const LossProblem& problem,
                                             const GradientCheckOptions& options);

}  // namespace gatefold::tools
