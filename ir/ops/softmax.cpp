#include <algorithm>
#include <cmath>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

void infer(InferContext& context) {
  if (context.has_rank(0)) context.axis(context.node().attr_int("axis"), context.rank(0));
  context.set_output(0, context.input(0));
}

/// One line of `extent` elements that lie `stride` apart in X and Y.
template <typename T>
struct Line {
  const T* X;
  T* Y;
  std::int64_t extent, stride;

  double x(std::int64_t i) const { return static_cast<double>(X[i * stride]); }
  T& y(std::int64_t i) const { return Y[i * stride]; }
  double largest() const {
    double result = x(0);
    for (std::int64_t i = 1; i < extent; ++i) result = std::max(result, x(i));
    return result;
  }
  double sum_of_exponentials(double shift) const {
    double sum = 0;
    for (std::int64_t i = 0; i < extent; ++i) sum += std::exp(x(i) - shift);
    return sum;
  }
};

struct Softmax {
  template <typename T>
  static void apply(const Line<T>& line) {
    const double largest = line.largest();
    const double sum = line.sum_of_exponentials(largest);
    for (std::int64_t i = 0; i < line.extent; ++i) {
      line.y(i) = static_cast<T>(std::exp(line.x(i) - largest) / sum);
    }
  }
};

struct LogSoftmax {
  template <typename T>
  static void apply(const Line<T>& line) {
    const double largest = line.largest();
    const double log_sum = std::log(line.sum_of_exponentials(largest));
    for (std::int64_t i = 0; i < line.extent; ++i) {
      line.y(i) = static_cast<T>(line.x(i) - largest - log_sum);
    }
  }
};

struct Hardmax {
  template <typename T>
  static void apply(const Line<T>& line) {
    std::int64_t best = 0;
    for (std::int64_t i = 1; i < line.extent; ++i) {
      const bool is_first_nan = std::isnan(line.x(i)) && !std::isnan(line.x(best));
      if (line.x(i) > line.x(best) || is_first_nan) best = i;
    }
    for (std::int64_t i = 0; i < line.extent; ++i) line.y(i) = static_cast<T>(i == best);
  }
};

template <typename Function>
void evaluate(EvaluateContext& context) {
  const Tensor& input = context.input(0);
  const auto axis = context.axis(context.node().attr_int("axis"), input.rank());
  Tensor& output = context.output(0, input.dtype(), input.dims());
  const Dims& dims = input.dims();
  const std::int64_t inner = element_count(Dims(dims.begin() + axis + 1, dims.end()));
  const std::int64_t lines = input.size() == 0 ? 0 : input.size() / dims[axis];
  dispatch_float(input.dtype(), [&]<typename T>() {
    for (std::int64_t i = 0; i < lines; ++i) {
      const std::int64_t start = i / inner * inner * dims[axis] + i % inner;
      Function::apply(
          Line<T>{input.data<T>() + start, output.data<T>() + start, dims[axis], inner});
    }
  });
}

OpDef make(std::string_view name, std::string_view doc, EvaluateFn evaluate) {
  return {
      .name = name,
      .doc = doc,
      .since = 13,
      .inputs = {{"input", "T", kFloatTypes}},
      .outputs = {{"output", "T", kFloatTypes}},
      .attrs = {{"axis", AttrDef::Kind::kInt, -1}},
      .infer = infer,
      .evaluate = evaluate,
  };
}

}  // namespace

std::vector<OpDef> softmax() {
  return {
      make("Softmax",
           "Exponentials along an axis, scaled to the sum 1.\n"
           "Shapes: input [a.., n, b..] -> output the same\n"
           "Formula: output[a, i, b] = exp(input[a, i, b]) / sum_k exp(input[a, k, b])\n"
           "Source: ONNX Softmax-13",
           evaluate<Softmax>),
      make("LogSoftmax",
           "The logarithm of Softmax along an axis.\n"
           "Shapes: input [a.., n, b..] -> output the same\n"
           "Formula: output[a, i, b] = input[a, i, b] - log(sum_k exp(input[a, k, b]))\n"
           "Source: ONNX LogSoftmax-13",
           evaluate<LogSoftmax>),
      make("Hardmax",
           "1 at the first largest element along an axis, NaN counting as the largest; 0 "
           "elsewhere.\n"
           "Shapes: input [a.., n, b..] -> output the same\n"
           "Source: ONNX Hardmax-13",
           evaluate<Hardmax>),
  };
}

}  // namespace gatefold::ops
