#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/copy.h"
#include "ir/ops/extents.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

/// Joins what is known of input `index` into `result`, whose extent at `axis` becomes the sum.
void append(const InferContext& context, std::size_t index, std::int64_t axis, Shape& result) {
  const Shape& shape = context.shape(index);
  check_element_count(context, shape);
  if (shape.size() != result.size()) {
    context.fail("inputs are {} and {}; they must have equally many dimensions", to_string(result),
                 to_string(shape));
  }
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (static_cast<std::int64_t>(i) != axis) {
      result[i] = merge(context, result[i], shape[i], "inputs differ in an axis not concatenated");
    } else if (result[i].is_known() && shape[i].is_known()) {
      result[i] = result[i].size() + shape[i].size();
    } else if (!result[i].is(0)) {
      result[i] = shape[i].is(0) ? result[i] : Dim();
    } else {
      result[i] = shape[i];
    }
  }
}

void infer(InferContext& context) {
  std::optional<Shape> result;
  std::int64_t axis = 0;
  bool is_complete = true;
  for (std::size_t i = 0; i < context.input_count(); ++i) {
    if (!context.has_input(i)) context.fail("input number {} is missing but required", i);
    if (!context.has_rank(i)) {
      is_complete = false;
    } else if (!result) {
      axis = context.axis(context.node().attr_int("axis"), context.rank(i));
      result = context.shape(i);
    } else {
      append(context, i, axis, *result);
    }
  }
  if (result && !is_complete) (*result)[axis] = Dim();
  if (result) check_element_count(context, *result);
  context.set_output(0, {context.dtype(0), result});
}

void evaluate(EvaluateContext& context) {
  const Dims dims = inferred_dims(context);
  const auto axis = context.axis(context.node().attr_int("axis"), context.input(0).rank());
  Tensor& result = context.output(0, context.input(0).dtype(), dims);
  std::int64_t start = 0;
  for (std::size_t i = 0; i < context.input_count(); ++i) {
    const Tensor& input = context.input(i);
    copy_into_part(input, result, axis, start);
    start += input.dims()[axis];
  }
}

}  // namespace

std::vector<OpDef> concat() {
  return {{
      .name = "Concat",
      .doc = "Puts tensors one after the other along an axis; their other extents are equal.\n"
             "Source: ONNX Concat-13",
      .since = 4,
      .inputs = {{"inputs", "T", kAllTypes, Port::Arity::kVariadic}},
      .outputs = {{"concat_result", "T", kAllTypes}},
      .attrs = {{"axis", AttrDef::Kind::kInt, std::nullopt, true}},
      .infer = infer,
      .evaluate = evaluate,
      .widen_half = false,
  }};
}

}  // namespace gatefold::ops
