#include <cmath>
#include <utility>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

void infer(InferContext& context) {
  if (!context.has_rank(0)) return context.set_output(0, {context.dtype(0), std::nullopt});
  const Shape& X = context.shape(0);
  if (X.size() < 2)
    context.fail("input X is {} but must hold matrices", to_string(context.input(0)));
  merge(context, X[X.size() - 2], X.back(), "rows and columns of X");
  context.set_output(0, {context.dtype(0), Shape(X.begin(), X.end() - 2)});
}

/// By elimination with row exchanges; destroys the matrix.
double determinant(std::vector<double>& matrix, std::int64_t n) {
  double result = 1;
  for (std::int64_t pivot = 0; pivot < n; ++pivot) {
    std::int64_t best = pivot;
    for (std::int64_t row = pivot + 1; row < n; ++row) {
      if (std::abs(matrix[row * n + pivot]) > std::abs(matrix[best * n + pivot])) best = row;
    }
    if (matrix[best * n + pivot] == 0) return 0;
    if (best != pivot) {
      for (std::int64_t k = 0; k < n; ++k) std::swap(matrix[best * n + k], matrix[pivot * n + k]);
      result = -result;
    }
    result *= matrix[pivot * n + pivot];
    for (std::int64_t row = pivot + 1; row < n; ++row) {
      const double factor = matrix[row * n + pivot] / matrix[pivot * n + pivot];
      for (std::int64_t k = pivot; k < n; ++k)
        matrix[row * n + k] -= factor * matrix[pivot * n + k];
    }
  }
  return result;
}

void evaluate(EvaluateContext& context) {
  const Tensor& X = context.input(0);
  if (X.rank() < 2 || X.dims()[X.rank() - 2] != X.dims().back()) {
    context.fail("input X is {} but must hold square matrices", to_string(X.dims()));
  }
  const std::int64_t n = X.dims().back();
  Tensor& Y = context.output(0, X.dtype(), Dims(X.dims().begin(), X.dims().end() - 2));
  dispatch_float(X.dtype(), [&]<typename T>() {
    for (std::int64_t i = 0; i < Y.size(); ++i) {
      const T* start = X.data<T>() + i * n * n;
      std::vector<double> matrix(start, start + n * n);
      Y.data<T>()[i] = static_cast<T>(determinant(matrix, n));
    }
  });
}

}  // namespace

std::vector<OpDef> det() {
  return {{
      .name = "Det",
      .doc = "Determinants of square matrices.\n"
             "Shapes: X [b.., m, m] -> Y [b..]\n"
             "Source: ONNX Det-22",
      .since = 11,
      .inputs = {{"X", "T", kFloatTypes}},
      .outputs = {{"Y", "T", kFloatTypes}},
      .infer = infer,
      .evaluate = evaluate,
  }};
}

}  // namespace gatefold::ops
