#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/extents.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

template <typename Context>
std::int64_t depth_of(const Context& context, const Tensor& depth) {
  if (depth.size() != 1) context.fail("depth has {} elements but must have one", depth.size());
  const double size = depth.number_at(0);
  if (!(size >= 0 && size <= static_cast<double>(kMaxElements))) {
    context.fail("depth is {} but must be in [0, {}]", size, kMaxElements);
  }
  return static_cast<std::int64_t>(size);
}

void infer(InferContext& context) {
  context.expect_rank(2, 1);
  if (context.has_rank(2) && context.shape(2)[0].is_known() && !context.shape(2)[0].is(2)) {
    context.fail("values is {} but must have two elements, off and on",
                 to_string(context.input(2)));
  }
  if (!context.has_rank(0)) return context.set_output(0, {context.dtype(2), std::nullopt});
  Shape shape = context.shape(0);
  const auto axis = context.axis(context.node().attr_int("axis"), context.rank(0) + 1);
  const Tensor* depth = context.value(1);
  shape.insert(shape.begin() + axis, depth == nullptr ? Dim() : Dim(depth_of(context, *depth)));
  context.set_output(0, {context.dtype(2), shape});
}

void evaluate(EvaluateContext& context) {
  const Tensor& indices = context.input(0);
  const Tensor& values = context.input(2);
  const std::int64_t depth = depth_of(context, context.input(1));
  if (values.size() != 2) {
    context.fail("values has {} elements but must have two, off and on", values.size());
  }
  const auto axis = context.axis(context.node().attr_int("axis"), indices.rank() + 1);
  Dims dims = indices.dims();
  dims.insert(dims.begin() + axis, depth);
  Tensor& output = context.output(0, values.dtype(), dims);

  const std::int64_t inner =
      element_count(Dims(indices.dims().begin() + axis, indices.dims().end()));
  dispatch_width(values.dtype(), [&]<typename T>() {
    const auto* value = reinterpret_cast<const T*>(values.raw());
    auto* target = reinterpret_cast<T*>(output.raw());
    std::fill_n(target, output.size(), value[0]);
    for (std::int64_t i = 0; i < indices.size(); ++i) {
      const double index = indices.number_at(i);
      if (!(index >= -static_cast<double>(depth) && index < static_cast<double>(depth))) continue;
      auto hot = static_cast<std::int64_t>(index);
      if (hot < 0) hot += depth;
      target[(i / inner * depth + hot) * inner + i % inner] = value[1];
    }
  });
}

}  // namespace

std::vector<OpDef> one_hot() {
  return {{
      .name = "OneHot",
      .doc =
          "Vectors that are `on` at one position and `off` elsewhere; all off for an index outside "
          "[-depth, depth) and for NaN.\n"
          "Shapes: indices [a.., b..], depth scalar or [1], values [2] = off, on -> output "
          "[a.., depth, b..], the new axis being `axis`\n"
          "Formula: output[a, k, b] = values[indices[a, b] == k]\n"
          "Source: ONNX OneHot-11",
      .since = 11,
      .inputs = {{"indices", {}, kNumericTypes},
                 {"depth", {}, kNumericTypes},
                 {"values", "T3", kAllTypes}},
      .outputs = {{"output", "T3", kAllTypes}},
      .attrs = {{"axis", AttrDef::Kind::kInt, -1}},
      .infer = infer,
      .evaluate = evaluate,
  }};
}

}  // namespace gatefold::ops
