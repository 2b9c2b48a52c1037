#include <numeric>

#include "ir/evaluate.h"
#include "ir/index.h"
#include "ir/infer.h"
#include "ir/ops/copy.h"
#include "ir/ops/extents.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

/// Attribute perm, or its default: all axes in reverse.
std::vector<std::int64_t> permutation(const Node& node, std::int64_t rank) {
  if (node.has_attr("perm")) return node.attr_ints("perm");
  std::vector<std::int64_t> order(static_cast<std::size_t>(rank));
  std::iota(order.rbegin(), order.rend(), 0);
  return order;
}

void infer(InferContext& context) {
  const Node& node = context.node();
  if (!context.has_rank(0)) {
    std::optional<Shape> result;
    if (node.has_attr("perm")) {
      result = shape_of_rank(context, static_cast<std::int64_t>(node.attr_ints("perm").size()));
    }
    return context.set_output(0, {context.dtype(0), result});
  }
  const std::int64_t rank = context.rank(0);
  const auto order = permutation(node, rank);
  if (static_cast<std::int64_t>(order.size()) != rank) {
    context.fail("attribute perm has {} entries but data is {}; give one per axis", order.size(),
                 to_string(context.input(0)));
  }
  Shape result;
  std::vector<bool> seen(order.size());
  for (const std::int64_t axis : order) {
    if (axis < 0 || axis >= rank || seen[axis]) {
      context.fail("attribute perm is {}, no permutation of 0..{}", to_string(order), rank - 1);
    }
    seen[axis] = true;
    result.push_back(context.shape(0)[axis]);
  }
  context.set_output(0, {context.dtype(0), result});
}

void evaluate(EvaluateContext& context) {
  const Tensor& data = context.input(0);
  const Dims strides = strides_of(data.dims());
  Dims dims;
  Walk walk;
  for (const std::int64_t axis : permutation(context.node(), data.rank())) {
    dims.push_back(data.dims()[axis]);
    walk.strides.push_back(strides[axis]);
  }
  copy_box(dims, data, walk, context.output(0, data.dtype(), dims));
}

}  // namespace

std::vector<OpDef> transpose() {
  return {{
      .name = "Transpose",
      .doc = "Reorders the axes: axis i of the result is axis perm[i] of data. Without perm the "
             "order is reversed.\n"
             "Source: ONNX Transpose-13",
      .since = 1,
      .inputs = {{"data", "T", kAllTypes}},
      .outputs = {{"transposed", "T", kAllTypes}},
      .attrs = {{"perm", AttrDef::Kind::kInts}},
      .infer = infer,
      .evaluate = evaluate,
      .widen_half = false,
  }};
}

}  // namespace gatefold::ops
