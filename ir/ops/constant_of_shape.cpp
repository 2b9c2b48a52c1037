#include <algorithm>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/extents.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

/// Attribute value, or its default: a float zero.
Tensor filler(const Node& node) {
  return node.has_attr("value") ? node.attr_tensor("value") : Tensor::scalar(0.0F);
}

void infer(InferContext& context) {
  const Tensor value = filler(context.node());
  if (value.size() != 1) {
    context.fail("attribute value has shape {} but must hold one element", to_string(value.dims()));
  }
  context.set_output(0, {value.dtype(), stated_shape(context, 0)});
}

void evaluate(EvaluateContext& context) {
  const Tensor stated = filler(context.node());
  const Tensor value = stated.converted(context.compute_type(stated.dtype()));
  Tensor& output = context.output(0, value.dtype(), inferred_dims(context));
  dispatch_width(value.dtype(), [&]<typename T>() {
    std::fill_n(reinterpret_cast<T*>(output.raw()), output.size(),
                *reinterpret_cast<const T*>(value.raw()));
  });
}

}  // namespace

std::vector<OpDef> constant_of_shape() {
  return {{
      .name = "ConstantOfShape",
      .doc = "A tensor with extents `input`, filled with the one element of attribute value.\n"
             "Source: ONNX ConstantOfShape-9",
      .since = 9,
      .inputs = {{"input", {}, kInt64Type}},
      .outputs = {{"output", {}, kAllTypes}},
      .attrs = {{"value", AttrDef::Kind::kTensor}},
      .infer = infer,
      .evaluate = evaluate,
      .widen_half = false,
  }};
}

}  // namespace gatefold::ops
