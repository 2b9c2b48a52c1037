#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

void infer(InferContext& context) {
  context.expect_rank(0, 2);
  DataType dtype = context.dtype(0);
  if (context.node().has_attr("dtype")) {
    dtype = data_type_from_number(context.node().attr_int("dtype"));
    if (dtype == DataType::kUndefined) {
      context.fail("attribute dtype is {}, an element type that is not supported",
                   context.node().attr_int("dtype"));
    }
  }
  context.set_output(0, {dtype, context.has_rank(0) ? context.shape(0) : Shape(2)});
}

void evaluate(EvaluateContext& context) {
  const Node& node = context.node();
  const Tensor& input = context.input(0);
  const DataType dtype = node.has_attr("dtype")
                             ? context.compute_type(data_type_from_number(node.attr_int("dtype")))
                             : input.dtype();
  const std::int64_t shift = node.attr_int("k");
  Tensor& output = context.output(0, dtype, input.dims());
  const Tensor one = Tensor::scalar(1.0F).converted(dtype);
  const std::int64_t columns = input.dims()[1];
  dispatch_width(dtype, [&]<typename T>() {
    auto* values = reinterpret_cast<T*>(output.raw());
    for (std::int64_t i = 0; i < output.size(); ++i) {
      const std::int64_t diagonal = i % columns - i / columns;
      values[i] = diagonal == shift ? *reinterpret_cast<const T*>(one.raw()) : T{};
    }
  });
}

}  // namespace

std::vector<OpDef> eye_like() {
  return {{
      .name = "EyeLike",
      .doc =
          "Ones on diagonal k (above the main one for k > 0) of a matrix with the input's shape, "
          "zeros elsewhere.\n"
          "Source: ONNX EyeLike-9",
      .since = 9,
      .inputs = {{"input", {}, kAllTypes}},
      .outputs = {{"output", {}, kAllTypes}},
      .attrs = {{"k", AttrDef::Kind::kInt, 0}, {"dtype", AttrDef::Kind::kInt}},
      .infer = infer,
      .evaluate = evaluate,
      .widen_half = false,
      .reads_only_shapes = true,
  }};
}

}  // namespace gatefold::ops
