#include <algorithm>
#include <cmath>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/maximum.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

void infer(InferContext& context) {
  Type result(context.dtype(0), std::nullopt);
  if (context.has_rank(0)) {
    if (context.rank(0) < 2) {
      context.fail("X is {} but must have a batch and a channel axis", to_string(context.input(0)));
    }
    result.shape = context.shape(0);
    std::fill(result.shape->begin() + 2, result.shape->end(), Dim(1));
  }
  context.set_output(0, result);
}

/// One number per plane: reduce(values, count).
template <typename Reduce>
void reduce_planes(EvaluateContext& context, Reduce&& reduce) {
  const Tensor& x = context.input(0);
  Dims dims = x.dims();
  std::fill(dims.begin() + 2, dims.end(), 1);
  Tensor& output = context.output(0, x.dtype(), dims);
  const std::int64_t size = element_count(Dims(x.dims().begin() + 2, x.dims().end()));
  if (size == 0) context.fail("X has no spatial elements: {}", to_string(x.dims()));
  dispatch_float(x.dtype(), [&]<typename T>() {
    for (std::int64_t i = 0; i < output.size(); ++i) {
      output.data<T>()[i] = static_cast<T>(reduce(x.data<T>() + i * size, size));
    }
  });
}

void evaluate_average(EvaluateContext& context) {
  reduce_planes(context, [](const auto* values, std::int64_t count) {
    double sum = 0;
    for (std::int64_t i = 0; i < count; ++i) sum += values[i];
    return sum / static_cast<double>(count);
  });
}

void evaluate_max(EvaluateContext& context) {
  reduce_planes(context, [](const auto* values, std::int64_t count) {
    auto largest = values[0];
    for (std::int64_t i = 1; i < count; ++i) largest = maximum(values[i], largest);
    return largest;
  });
}

void evaluate_lp(EvaluateContext& context) {
  const auto p = static_cast<double>(context.node().attr_int("p"));
  reduce_planes(context, [p](const auto* values, std::int64_t count) {
    double sum = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      sum += std::pow(std::abs(static_cast<double>(values[i])), p);
    }
    return std::pow(sum, 1 / p);
  });
}

OpDef global_pool_op(std::string_view name, std::string_view doc, EvaluateFn evaluate,
                     std::vector<AttrDef> attrs) {
  return {
      .name = name,
      .doc = doc,
      .since = 1,
      .inputs = {{"X", "T", kFloatTypes}},
      .outputs = {{"Y", "T", kFloatTypes}},
      .attrs = std::move(attrs),
      .infer = infer,
      .evaluate = evaluate,
  };
}

}  // namespace

std::vector<OpDef> global_pool() {
  return {global_pool_op("GlobalAveragePool",
                         "The mean over all spatial axes.\n"
                         "Shapes: X [N,C,s..] -> Y [N,C,1..]\n"
                         "Source: ONNX GlobalAveragePool-22",
                         evaluate_average, {}),
          global_pool_op("GlobalMaxPool",
                         "The largest element over all spatial axes; NaN wins.\n"
                         "Shapes: X [N,C,s..] -> Y [N,C,1..]\n"
                         "Source: ONNX GlobalMaxPool-22",
                         evaluate_max, {}),
          global_pool_op("GlobalLpPool",
                         "The p-norm over all spatial axes.\n"
                         "Shapes: X [N,C,s..] -> Y [N,C,1..]\n"
                         "Formula: Y = (sum_s |X|^p)^(1/p)\n"
                         "Source: ONNX GlobalLpPool-22",
                         evaluate_lp, {{"p", AttrDef::Kind::kInt, 2}})};
}

}  // namespace gatefold::ops
