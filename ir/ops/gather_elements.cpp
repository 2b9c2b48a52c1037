#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/index.h"
#include "ir/infer.h"
#include "ir/ops/indexing.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

void infer(InferContext& context) {
  if (context.has_rank(0)) {
    const auto axis = context.axis(context.node().attr_int("axis"), context.rank(0));
    if (context.has_rank(1)) {
      check_element_indices(context, context.shape(0), context.shape(1), axis);
    }
  }
  context.set_output(0, {context.dtype(0), context.input(1).shape});
}

void evaluate(EvaluateContext& context) {
  const Tensor& data = context.input(0);
  const Tensor& indices = context.input(1);
  const auto axis = context.axis(context.node().attr_int("axis"), data.rank());
  check_element_indices(context, shape_of(data.dims()), shape_of(indices.dims()), axis);
  Tensor& output = context.output(0, data.dtype(), indices.dims());

  Dims strides = strides_of(data.dims());
  const std::int64_t axis_stride = std::exchange(strides[axis], 0);
  const std::int64_t extent = data.dims()[axis];
  const std::vector<std::int64_t> positions = indices.to_int64();
  dispatch_width(data.dtype(), [&]<typename T>() {
    const auto* source = reinterpret_cast<const T*>(data.raw());
    auto* target = reinterpret_cast<T*>(output.raw());
    const std::int64_t* position = positions.data();
    for_each_index<1>(indices.dims(), {strides}, [&](const auto& offset) {
      const std::int64_t i = checked_index(context, *position++, extent, axis);
      *target++ = source[offset[0] + i * axis_stride];
    });
  });
}

}  // namespace

std::vector<OpDef> gather_elements() {
  return {{
      .name = "GatherElements",
      .doc =
          "Picks one element of data for each index; negative indices count from the end.\n"
          "Shapes: data [a.., n, b..], indices [a'.., m, b'..] -> output as indices; a' <= a and "
          "b' <= b\n"
          "Formula: output[a, i, b] = data[a, indices[a, i, b], b]\n"
          "Source: ONNX GatherElements-13",
      .since = 11,
      .inputs = {{"data", "T", kAllTypes}, {"indices", "Tind", kIndexTypes}},
      .outputs = {{"output", "T", kAllTypes}},
      .attrs = {{"axis", AttrDef::Kind::kInt, 0}},
      .infer = infer,
      .evaluate = evaluate,
      .widen_half = false,
  }};
}

}  // namespace gatefold::ops
