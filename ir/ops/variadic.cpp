#include <cmath>

#include "ir/maximum.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

void infer(InferContext& context) {
  if (context.input_count() == 0) context.fail("it has no inputs but needs at least one");
  infer_broadcast(context);
}

/// output = the inputs combined from left to right.
template <typename T, typename Formula>
Tensor& fold(EvaluateContext& context, Formula formula) {
  const Tensor& first = context.input(0);
  Tensor& output = context.output(0, first.dtype(), broadcast_input_dims(context));
  map_broadcast<T, T, T>(first, first, output, [](T x, T /*same*/) { return x; });
  for (std::size_t i = 1; i < context.input_count(); ++i) {
    map_broadcast<T, T, T>(output, context.input(i), output, formula);
  }
  return output;
}

void evaluate_max(EvaluateContext& context) {
  dispatch_numeric(context.input(0).dtype(), [&]<typename T>() { fold<T>(context, maximum<T>); });
}

void evaluate_min(EvaluateContext& context) {
  dispatch_numeric(context.input(0).dtype(), [&]<typename T>() { fold<T>(context, minimum<T>); });
}

void evaluate_sum(EvaluateContext& context) {
  dispatch_float(context.input(0).dtype(), [&]<typename T>() { fold<T>(context, std::plus<T>()); });
}

void evaluate_mean(EvaluateContext& context) {
  dispatch_float(context.input(0).dtype(), [&]<typename T>() {
    Tensor& sum = fold<T>(context, std::plus<T>());
    const auto count = static_cast<T>(context.input_count());
    map<T, T>(sum, sum, [count](T x) { return x / count; });
  });
}

struct Entry {
  std::string_view name;
  std::string_view output;
  DataTypeSet types;
  std::string_view doc;
  EvaluateFn evaluate;
};

constexpr Entry kEntries[] = {
    {"Max", "max", kNumericTypes,
     "Formula: max = the greatest of the inputs, NaN if one is, with numpy's broadcasting\n"
     "Source: ONNX Max-13",
     evaluate_max},
    {"Min", "min", kNumericTypes,
     "Formula: min = the least of the inputs, NaN if one is, with numpy's broadcasting\n"
     "Source: ONNX Min-13",
     evaluate_min},
    {"Sum", "sum", kFloatTypes,
     "Formula: sum = the sum of the inputs with numpy's broadcasting\nSource: ONNX Sum-13",
     evaluate_sum},
    {"Mean", "mean", kFloatTypes,
     "Formula: mean = the sum of the inputs over their number, with numpy's broadcasting\n"
     "Source: ONNX Mean-13",
     evaluate_mean},
};

}  // namespace

std::vector<OpDef> variadic() {
  std::vector<OpDef> defs;
  for (const Entry& entry : kEntries) {
    defs.push_back({
        .name = entry.name,
        .doc = entry.doc,
        .since = 8,
        .inputs = {{"data_0", "T", entry.types, Port::Arity::kVariadic}},
        .outputs = {{entry.output, "T", entry.types}},
        .infer = infer,
        .evaluate = entry.evaluate,
    });
  }
  return defs;
}

}  // namespace gatefold::ops
