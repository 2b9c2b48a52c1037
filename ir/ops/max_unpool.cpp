#include <algorithm>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/index.h"
#include "ir/infer.h"
#include "ir/ops/ops.h"
#include "ir/ops/spatial_window.h"

namespace gatefold::ops {
namespace {

/// The extents of what was pooled, as the attributes tell them.
Dims pooled_dims(const Node& node, const Dims& x) {
  const WindowAttrs attrs = read_window_attrs(node, x.size() - 2);
  Dims dims = x;
  for (std::size_t i = 0; i + 2 < x.size(); ++i) {
    dims[i + 2] = (x[i + 2] - 1) * attrs.strides[i] + attrs.kernel[i] - attrs.pads_begin[i] -
                  attrs.pads_end[i];
    if (dims[i + 2] < 0) {
      fail("{}: the pads of spatial axis {} are larger than the output", node.describe(), i);
    }
  }
  return dims;
}

void infer_stated_shape(InferContext& context) {
  context.expect_rank(2, 1);
  const Tensor* stated = context.value(2);
  if (stated == nullptr) {
    const std::optional<Shape> shape = context.input(0).shape;
    return context.set_output(
        0, {context.dtype(0), shape ? std::optional(Shape(shape->size())) : std::nullopt});
  }
  const Dims dims = stated->to_int64();
  if (context.has_rank(0) && static_cast<std::int64_t>(dims.size()) != context.rank(0)) {
    context.fail("output_shape has {} extents but X has {}", dims.size(), context.rank(0));
  }
  for (const std::int64_t extent : dims) {
    if (extent < 0) context.fail("output_shape is {} but must not be negative", to_string(dims));
  }
  context.set_output(0, {context.dtype(0), dims});
}

void infer(InferContext& context) {
  if (context.has_rank(0)) {
    const Shape spatial = spatial_shape(context, 0);
    if (read_window_attrs(context.node(), spatial.size()).kernel.empty()) {
      context.fail("attribute 'kernel_shape' is empty");
    }
    context.expect_rank(1, context.rank(0));
  }
  if (context.has_input(2)) return infer_stated_shape(context);
  Type result(context.dtype(0), std::nullopt);
  if (context.input(0).is_static()) {
    result = Type(context.dtype(0), pooled_dims(context.node(), context.input(0).dims()));
  } else if (context.has_rank(0)) {
    result.shape = Shape(context.shape(0).size());
  }
  context.set_output(0, result);
}

void evaluate(EvaluateContext& context) {
  const Tensor& x = context.input(0);
  const Tensor& indices = context.input(1);
  const Dims pooled = pooled_dims(context.node(), x.dims());
  const Dims dims = context.has_input(2) ? Dims(context.input(2).to_int64()) : pooled;
  const Dims strides = strides_of(dims);
  Tensor& output = context.output(0, x.dtype(), dims);
  dispatch_float(x.dtype(), [&]<typename T>() {
    std::fill_n(output.data<T>(), output.size(), T{});
    for (std::int64_t i = 0; i < x.size(); ++i) {
      const std::int64_t index = indices.data<std::int64_t>()[i];
      if (index < 0 || index >= element_count(pooled)) {
        context.fail("index {} is outside [0, {})", index, element_count(pooled));
      }
      // Indices count inside the pooled extents, which a stated output shape may exceed.
      std::int64_t rest = index;
      std::int64_t offset = 0;
      for (std::size_t axis = dims.size(); axis-- > 0; rest /= pooled[axis]) {
        const std::int64_t position = rest % pooled[axis];
        if (position >= dims[axis]) {
          context.fail("index {} lies outside the stated output shape {}", index, to_string(dims));
        }
        offset += position * strides[axis];
      }
      output.data<T>()[offset] = x.data<T>()[i];
    }
  });
}

}  // namespace

std::vector<OpDef> max_unpool() {
  return {{
      .name = "MaxUnpool",
      .doc = "Puts the results of MaxPool back where they were; everything else is 0.\n"
             "Shapes: X, I [N,C,s..], output_shape [2 + axes] -> output [N,C,o..] with\n"
             "  o = (s - 1) * stride + kernel - pad_begin - pad_end, or as output_shape says\n"
             "Source: ONNX MaxUnpool-22",
      .since = 9,
      .inputs = {{"X", "T1", kFloatTypes},
                 {"I", "T2", kInt64Type},
                 {"output_shape", "T2", kInt64Type, Port::Arity::kOptional}},
      .outputs = {{"output", "T1", kFloatTypes}},
      .attrs = {{.name = "kernel_shape", .kind = AttrDef::Kind::kInts, .is_required = true},
                {"pads", AttrDef::Kind::kInts},
                {"strides", AttrDef::Kind::kInts}},
      .infer = infer,
      .evaluate = evaluate,
  }};
}

}  // namespace gatefold::ops
