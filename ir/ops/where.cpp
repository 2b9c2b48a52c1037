#include "ir/ops/elementwise.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

void infer(InferContext& context) {
  std::optional<Shape> shape = broadcast_inputs(context);
  context.set_output(0, {context.dtype(1), std::move(shape)});
}

void evaluate(EvaluateContext& context) {
  const bool* condition = context.input(0).data<bool>();
  const Tensor& x = context.input(1);
  const Tensor& y = context.input(2);
  const Dims dims = broadcast_input_dims(context);
  Tensor& output = context.output(0, x.dtype(), dims);
  const std::array strides{broadcast_strides(context.input(0).dims(), dims),
                           broadcast_strides(x.dims(), dims), broadcast_strides(y.dims(), dims)};
  dispatch_width(x.dtype(), [&]<typename T>() {
    const auto* from_x = reinterpret_cast<const T*>(x.raw());
    const auto* from_y = reinterpret_cast<const T*>(y.raw());
    auto* to = reinterpret_cast<T*>(output.raw());
    for_each_index(dims, strides, [&](const std::array<std::int64_t, 3>& offsets) {
      *to++ = condition[offsets[0]] ? from_x[offsets[1]] : from_y[offsets[2]];
    });
  });
}

}  // namespace

std::vector<OpDef> where() {
  return {{
      .name = "Where",
      .doc = "Shapes: condition, X, Y broadcast together -> output\n"
             "Formula: output = X where the condition holds, else Y\n"
             "Source: ONNX Where-16",
      .since = 9,
      .inputs = {{"condition", "B", kBoolType}, {"X", "T", kAllTypes}, {"Y", "T", kAllTypes}},
      .outputs = {{"output", "T", kAllTypes}},
      .infer = infer,
      .evaluate = evaluate,
      .widen_half = false,
  }};
}

}  // namespace gatefold::ops
