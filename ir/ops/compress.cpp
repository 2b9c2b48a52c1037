#include <algorithm>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

/// Positions of the true elements of `condition`, all below `extent`.
template <typename Context>
std::vector<std::int64_t> selected(const Context& context, const Tensor& condition,
                                   std::int64_t extent) {
  std::vector<std::int64_t> positions;
  for (std::int64_t i = 0; i < condition.size(); ++i) {
    if (!condition.data<bool>()[i]) continue;
    if (i >= extent) {
      context.fail("condition selects position {} but the data have only {} along the axis", i,
                   extent);
    }
    positions.push_back(i);
  }
  return positions;
}

void infer(InferContext& context) {
  context.expect_rank(1, 1);
  const Tensor* condition = context.value(1);
  const bool has_axis = context.node().has_attr("axis");
  Type result(context.dtype(0), std::nullopt);
  if (!has_axis) {
    result.shape = Shape(1);
    if (condition != nullptr && context.input(0).is_static()) {
      const std::int64_t size = element_count(context.input(0).dims());
      result.shape =
          Shape{Dim(static_cast<std::int64_t>(selected(context, *condition, size).size()))};
    }
  } else if (context.has_rank(0)) {
    const auto axis = context.axis(context.node().attr_int("axis"), context.rank(0));
    result.shape = context.shape(0);
    Dim& extent = (*result.shape)[axis];
    extent =
        condition != nullptr && extent.is_known()
            ? Dim(static_cast<std::int64_t>(selected(context, *condition, extent.size()).size()))
            : Dim();
  }
  context.set_output(0, result);
}

void evaluate(EvaluateContext& context) {
  const bool has_axis = context.node().has_attr("axis");
  const Tensor& given = context.input(0);
  const Tensor input = has_axis ? given : given.reshaped({given.size()});
  const auto axis = has_axis ? context.axis(context.node().attr_int("axis"), input.rank()) : 0;
  const std::int64_t extent = input.dims()[axis];
  const auto positions = selected(context, context.input(1), extent);
  Dims dims = input.dims();
  dims[axis] = static_cast<std::int64_t>(positions.size());
  Tensor& output = context.output(0, input.dtype(), dims);

  const std::int64_t outer = element_count(Dims(dims.begin(), dims.begin() + axis));
  const std::int64_t inner = element_count(Dims(dims.begin() + axis + 1, dims.end()));
  dispatch_width(input.dtype(), [&]<typename T>() {
    const auto* source = reinterpret_cast<const T*>(input.raw());
    auto* target = reinterpret_cast<T*>(output.raw());
    for (std::int64_t o = 0; o < outer; ++o) {
      for (const std::int64_t position : positions) {
        target = std::copy_n(source + (o * extent + position) * inner, inner, target);
      }
    }
  });
}

}  // namespace

std::vector<OpDef> compress() {
  return {{
      .name = "Compress",
      .doc = "The slices along an axis, or without one the elements, for which condition is true.\n"
             "Shapes: input [a.., n, b..], condition bool[m] -> output [a.., number of true, b..]; "
             "without axis [number of true]. Positions from m on are left out\n"
             "Source: ONNX Compress-11",
      .since = 9,
      .inputs = {{"input", "T", kAllTypes}, {"condition", {}, kBoolType}},
      .outputs = {{"output", "T", kAllTypes}},
      .attrs = {{"axis", AttrDef::Kind::kInt}},
      .infer = infer,
      .evaluate = evaluate,
      .widen_half = false,
  }};
}

}  // namespace gatefold::ops
