#include <limits>

#include "ir/ops/elementwise.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

void infer(InferContext& context) {
  for (const std::size_t bound : {1, 2}) {
    if (!context.has_input(bound) || !context.has_rank(bound)) continue;
    for (const Dim& dim : context.shape(bound)) {
      if (dim.is(1) || !dim.is_known()) continue;
      context.fail("{} is {} but must be a scalar", context.name_of_input(bound),
                   to_string(context.input(bound)));
    }
  }
  infer_same_as_input(context);
}

template <typename T>
T bound_or(const EvaluateContext& context, std::size_t index, T otherwise) {
  if (!context.has_input(index)) return otherwise;
  if (context.input(index).size() != 1) {
    context.fail("the bound of shape {} must be a scalar", to_string(context.input(index).dims()));
  }
  return context.input(index).data<T>()[0];
}

void evaluate(EvaluateContext& context) {
  dispatch_numeric(context.input(0).dtype(), [&]<typename T>() {
    using Limits = std::numeric_limits<T>;
    const T lowest = Limits::has_infinity ? static_cast<T>(-Limits::infinity()) : Limits::lowest();
    const T highest = Limits::has_infinity ? Limits::infinity() : Limits::max();
    const T min = bound_or<T>(context, 1, lowest);
    const T max = bound_or<T>(context, 2, highest);
    map<T>(context, [=](T x) {
      const T above = x < min ? min : x;
      return above > max ? max : above;
    });
  });
}

}  // namespace

std::vector<OpDef> clip() {
  return {{
      .name = "Clip",
      .doc = "Limits elements to an interval; a missing bound does not limit. NaN stays.\n"
             "Shapes: input [..], min [], max [] -> output [..]\n"
             "Formula: output = min(max, max(input, min))\n"
             "Source: ONNX Clip-13",
      .since = 11,
      .inputs = {{"input", "T", kNumericTypes},
                 {"min", "T", kNumericTypes, Port::Arity::kOptional},
                 {"max", "T", kNumericTypes, Port::Arity::kOptional}},
      .outputs = {{"output", "T", kNumericTypes}},
      .infer = infer,
      .evaluate = evaluate,
  }};
}

}  // namespace gatefold::ops
