#include <algorithm>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

void infer(InferContext& context) {
  if (!context.has_rank(0) || !context.has_rank(1)) {
    return context.set_output(0, {context.dtype(0), std::nullopt});
  }
  const Shape& data = context.shape(0);
  const Shape& indices = context.shape(1);
  const auto axis = context.axis(context.node().attr_int("axis"), context.rank(0));
  Shape result(data.begin(), data.begin() + axis);
  result.insert(result.end(), indices.begin(), indices.end());
  result.insert(result.end(), data.begin() + axis + 1, data.end());
  context.set_output(0, {context.dtype(0), result});
}

void evaluate(EvaluateContext& context) {
  const Tensor& data = context.input(0);
  const Tensor& indices = context.input(1);
  const auto axis = context.axis(context.node().attr_int("axis"), data.rank());
  const auto split = data.dims().begin() + axis;
  const Dims before(data.dims().begin(), split);
  const Dims after(split + 1, data.dims().end());
  Dims dims = before;
  dims.insert(dims.end(), indices.dims().begin(), indices.dims().end());
  dims.insert(dims.end(), after.begin(), after.end());
  Tensor& output = context.output(0, data.dtype(), dims);

  const std::int64_t extent = *split;
  const std::int64_t outer = element_count(before);
  const std::int64_t inner = element_count(after);
  const std::vector<std::int64_t> rows = indices.to_int64();
  dispatch_width(data.dtype(), [&]<typename T>() {
    const auto* source = reinterpret_cast<const T*>(data.raw());
    auto* target = reinterpret_cast<T*>(output.raw());
    for (std::int64_t o = 0; o < outer; ++o) {
      for (const std::int64_t row : rows) {
        if (row < -extent || row >= extent) {
          context.fail("index {} is outside [{}, {}), the extent of axis {} of the data", row,
                       -extent, extent, axis);
        }
        const std::int64_t position = row < 0 ? row + extent : row;
        target = std::copy_n(source + (o * extent + position) * inner, inner, target);
      }
    }
  });
}

}  // namespace

std::vector<OpDef> gather() {
  return {{
      .name = "Gather",
      .doc = "Picks slices of data along an axis; negative indices count from the end.\n"
             "Shapes: data [a.., n, b..], indices [i..] -> output [a.., i.., b..]\n"
             "Formula: output[a, i, b] = data[a, indices[i], b]\n"
             "Source: ONNX Gather-13",
      .since = 1,
      .inputs = {{"data", "T", kAllTypes}, {"indices", "Tind", kIndexTypes}},
      .outputs = {{"output", "T", kAllTypes}},
      .attrs = {{"axis", AttrDef::Kind::kInt, 0}},
      .infer = infer,
      .evaluate = evaluate,
      .widen_half = false,
  }};
}

}  // namespace gatefold::ops
