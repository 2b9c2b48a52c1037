#include "ir/evaluate.h"
#include "ir/index.h"
#include "ir/infer.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

void infer(InferContext& context) {
  const Dim rank = context.has_rank(0) ? Dim(context.rank(0)) : Dim();
  context.set_output(0, {DataType::kInt64, Shape{rank, Dim()}});
}

void evaluate(EvaluateContext& context) {
  const Tensor& X = context.input(0);
  std::vector<std::int64_t> found;
  for (std::int64_t i = 0; i < X.size(); ++i) {
    if (X.number_at(i) != 0) found.push_back(i);
  }
  const auto count = static_cast<std::int64_t>(found.size());
  Tensor& Y = context.output(0, DataType::kInt64, {X.rank(), count});
  const Dims strides = strides_of(X.dims());
  auto* position = Y.data<std::int64_t>();
  for (std::int64_t axis = 0; axis < X.rank(); ++axis) {
    for (const std::int64_t i : found) *position++ = i / strides[axis] % X.dims()[axis];
  }
}

}  // namespace

std::vector<OpDef> non_zero() {
  return {{
      .name = "NonZero",
      .doc = "The positions of the elements that are not zero, in row-major order.\n"
             "Shapes: X [d1..dr] -> Y int64[r, number of such elements]\n"
             "Source: ONNX NonZero-13",
      .since = 9,
      .inputs = {{"X", {}, kAllTypes}},
      .outputs = {{"Y", {}, kInt64Type}},
      .infer = infer,
      .evaluate = evaluate,
  }};
}

}  // namespace gatefold::ops
