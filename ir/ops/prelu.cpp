#include "ir/ops/elementwise.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

constexpr DataTypeSet kTypes =
    kFloatTypes | kIndexTypes | DataTypeSet(DataType::kUint32, DataType::kUint64);

void infer(InferContext& context) {
  infer_same_as_input(context);
  if (!context.has_rank(0) || !context.has_rank(1)) return;
  const Shape& x = context.shape(0);
  const Shape both = broadcast(context, x, context.shape(1));
  bool fits = both.size() == x.size();
  for (std::size_t i = 0; fits && i < x.size(); ++i) {
    fits = !x[i].is_known() || !both[i].is_known() || x[i].same_as(both[i]);
  }
  if (!fits) {
    context.fail("slope {} cannot be broadcast to the shape {} of X", to_string(context.shape(1)),
                 to_string(x));
  }
}

void evaluate(EvaluateContext& context) {
  const Tensor& x = context.input(0);
  const Tensor& slope = context.input(1);
  if (broadcast_input_dims(context) != x.dims()) {
    context.fail("slope {} cannot be broadcast to the shape {} of X", to_string(slope.dims()),
                 to_string(x.dims()));
  }
  Tensor& y = context.output(0, x.dtype(), x.dims());
  dispatch_numeric(x.dtype(), [&]<typename T>() {
    map_broadcast<T, T, T>(x, slope, y, [](T element, T factor) {
      if (!(element < T{})) return element;
      return static_cast<T>(Wrapping<T>(element) * Wrapping<T>(factor));
    });
  });
}

}  // namespace

std::vector<OpDef> prelu() {
  return {{
      .name = "PRelu",
      .doc = "Shapes: X [..], slope broadcastable to X -> Y [..]\n"
             "Formula: Y = slope X below 0, else X\n"
             "Source: ONNX PRelu-16",
      .since = 7,
      .inputs = {{"X", "T", kTypes}, {"slope", "T", kTypes}},
      .outputs = {{"Y", "T", kTypes}},
      .infer = infer,
      .evaluate = evaluate,
  }};
}

}  // namespace gatefold::ops
