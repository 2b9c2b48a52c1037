#include <algorithm>
#include <cmath>
#include <numbers>

#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

template <typename Context>
DataType output_type(const Context& context) {
  const std::int64_t number = context.node().attr_int("output_datatype");
  const DataType dtype = data_type_from_number(number);
  if (!kNumericTypes.contains(dtype)) {
    context.fail("output_datatype {} is no number type that is supported", number);
  }
  return dtype;
}

template <typename Context>
std::int64_t size_of_window(const Context& context, const Tensor& size) {
  if (size.size() != 1) context.fail("size has {} elements but must have one", size.size());
  const std::int64_t count = size.to_int64()[0];
  if (count < 0) context.fail("size is {} but must not be negative", count);
  return count;
}

void infer(InferContext& context) {
  const Tensor* size = context.value(0);
  const Dim extent = size == nullptr ? Dim() : Dim(size_of_window(context, *size));
  context.set_output(0, {output_type(context), Shape{extent}});
}

/// a0 - a1 cos(x) + a2 cos(2 x)
struct Coefficients {
  double a0, a1, a2;
};

constexpr Coefficients kHann{0.5, 0.5, 0};
constexpr Coefficients kHamming{25.0 / 46.0, 21.0 / 46.0, 0};
constexpr Coefficients kBlackman{0.42, 0.5, 0.08};

template <const Coefficients& coefficients>
void evaluate(EvaluateContext& context) {
  const std::int64_t size = size_of_window(context, context.input(0));
  const bool is_periodic = context.node().attr_int("periodic") != 0;
  const std::int64_t period = std::max<std::int64_t>(1, is_periodic ? size : size - 1);
  Tensor window(DataType::kFloat64, {size});
  for (std::int64_t i = 0; i < size; ++i) {
    const double x = 2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(period);
    window.data<double>()[i] =
        coefficients.a0 - coefficients.a1 * std::cos(x) + coefficients.a2 * std::cos(2 * x);
  }
  context.set_output(0, window.converted(context.compute_type(output_type(context))));
}

OpDef make(std::string_view name, std::string_view doc, EvaluateFn evaluate) {
  return {
      .name = name,
      .doc = doc,
      .since = 17,
      .inputs = {{"size", {}, kIndexTypes}},
      .outputs = {{"output", {}, kNumericTypes}},
      .attrs = {{"output_datatype", AttrDef::Kind::kInt, 1}, {"periodic", AttrDef::Kind::kInt, 1}},
      .infer = infer,
      .evaluate = evaluate,
  };
}

}  // namespace

std::vector<OpDef> window_function() {
  return {
      make("HannWindow",
           "A Hann window. Shapes: size scalar -> output [size]\n"
           "Formula: 0.5 - 0.5 cos(x), x = 2 pi n / size, or 2 pi n / (size - 1) if not periodic\n"
           "Source: ONNX HannWindow-17",
           evaluate<kHann>),
      make("HammingWindow",
           "A Hamming window. Shapes: size scalar -> output [size]\n"
           "Formula: 25/46 - 21/46 cos(x), x as for HannWindow\n"
           "Source: ONNX HammingWindow-17",
           evaluate<kHamming>),
      make("BlackmanWindow",
           "A Blackman window. Shapes: size scalar -> output [size]\n"
           "Formula: 0.42 - 0.5 cos(x) + 0.08 cos(2 x), x as for HannWindow\n"
           "Source: ONNX BlackmanWindow-17",
           evaluate<kBlackman>),
  };
}

}  // namespace gatefold::ops
