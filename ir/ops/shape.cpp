#include <algorithm>

#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

struct Range {
  std::int64_t first = 0;
  std::int64_t last = 0;
};

/// The axes [first, last) that attributes start and end pick; both are clamped as a slice's are.
Range picked_axes(const Node& node, std::int64_t rank) {
  const auto clamped = [&](std::int64_t axis) {
    return std::clamp<std::int64_t>(axis < 0 ? axis + rank : axis, 0, rank);
  };
  const std::int64_t first = clamped(node.attr_int("start"));
  const std::int64_t last = node.has_attr("end") ? clamped(node.attr_int("end")) : rank;
  return {first, std::max(first, last)};
}

void infer_shape(InferContext& context) {
  Shape result(1);
  if (context.has_rank(0)) {
    const Range range = picked_axes(context.node(), context.rank(0));
    result[0] = range.last - range.first;
  }
  context.set_output(0, {DataType::kInt64, result});
}

void evaluate_shape(EvaluateContext& context) {
  const Dims& dims = context.input(0).dims();
  const Range range = picked_axes(context.node(), context.input(0).rank());
  Tensor& shape = context.output(0, DataType::kInt64, {range.last - range.first});
  std::copy(dims.begin() + range.first, dims.begin() + range.last, shape.data<std::int64_t>());
}

void infer_size(InferContext& context) { context.set_output(0, {DataType::kInt64, Shape()}); }

void evaluate_size(EvaluateContext& context) {
  context.output(0, DataType::kInt64, {}).data<std::int64_t>()[0] = context.input(0).size();
}

}  // namespace

std::vector<OpDef> shape() {
  return {
      {
          .name = "Shape",
          .doc = "The extents of axes [start, end) of data; negative ones count from the end.\n"
                 "Source: ONNX Shape-15",
          .since = 1,
          .inputs = {{"data", "T", kAllTypes}},
          .outputs = {{"shape", {}, kInt64Type}},
          .attrs = {{"start", AttrDef::Kind::kInt, 0, false, 15},
                    {"end", AttrDef::Kind::kInt, std::nullopt, false, 15}},
          .infer = infer_shape,
          .evaluate = evaluate_shape,
          .widen_half = false,
          .reads_only_shapes = true,
      },
      {
          .name = "Size",
          .doc = "The number of elements of data, as a scalar.\n"
                 "Source: ONNX Size-13",
          .since = 1,
          .inputs = {{"data", "T", kAllTypes}},
          .outputs = {{"size", {}, kInt64Type}},
          .infer = infer_size,
          .evaluate = evaluate_size,
          .widen_half = false,
          .reads_only_shapes = true,
      },
  };
}

}  // namespace gatefold::ops
