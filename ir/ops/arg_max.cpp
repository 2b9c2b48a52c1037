#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/ops.h"
#include "ir/ops/reduce.h"

namespace gatefold::ops {
namespace {

void infer(InferContext& context) {
  if (!context.has_rank(0)) return context.set_output(0, {DataType::kInt64, std::nullopt});
  const std::int64_t axis = context.axis(context.node().attr_int("axis"), context.rank(0));
  std::vector<bool> is_reduced(context.rank(0), false);
  is_reduced[axis] = true;
  if (context.shape(0)[axis].is(0)) {
    context.fail("axis {} of {} has no elements to choose from", axis, to_string(context.input(0)));
  }
  const bool keep = context.node().attr_int("keepdims") != 0;
  context.set_output(0, {DataType::kInt64, reduced_extents(context.shape(0), is_reduced, keep)});
}

/// Position of the first or last best element among `extent` ones that lie `stride` apart. NaN is
/// better than any number.
template <bool largest, typename T>
std::int64_t position_of_best(const T* data, std::int64_t extent, std::int64_t stride,
                              bool select_last) {
  std::int64_t best = 0;
  for (std::int64_t i = 1; i < extent; ++i) {
    const T x = data[i * stride];
    const T y = data[best * stride];
    const bool is_better = largest ? x > y : x < y;
    const bool is_tie = x == y || (x != x && y != y);
    if (is_better || (x != x && y == y) || (is_tie && select_last)) best = i;
  }
  return best;
}

template <bool largest>
void evaluate(EvaluateContext& context) {
  const Tensor& data = context.input(0);
  const std::int64_t axis = context.axis(context.node().attr_int("axis"), data.rank());
  const bool select_last = context.node().attr_int("select_last_index") != 0;
  std::vector<bool> is_reduced(data.rank(), false);
  is_reduced[axis] = true;
  const bool keep = context.node().attr_int("keepdims") != 0;
  Tensor& output =
      context.output(0, DataType::kInt64, reduced_extents(data.dims(), is_reduced, keep));

  const std::int64_t extent = data.dims()[axis];
  if (extent == 0) context.fail("axis {} of the data has no elements to choose from", axis);
  const std::int64_t inner = element_count(Dims(data.dims().begin() + axis + 1, data.dims().end()));
  dispatch_numeric(data.dtype(), [&]<typename T>() {
    for (std::int64_t i = 0; i < output.size(); ++i) {
      const T* start = data.data<T>() + (i / inner) * extent * inner + i % inner;
      output.data<std::int64_t>()[i] = position_of_best<largest>(start, extent, inner, select_last);
    }
  });
}

OpDef make(std::string_view name, std::string_view doc, EvaluateFn evaluate) {
  return {
      .name = name,
      .doc = doc,
      .since = 1,
      .inputs = {{"data", "T", kNumericTypes}},
      .outputs = {{"reduced", {}, kInt64Type}},
      .attrs = {{"axis", AttrDef::Kind::kInt, 0},
                {"keepdims", AttrDef::Kind::kInt, 1},
                {.name = "select_last_index",
                 .kind = AttrDef::Kind::kInt,
                 .default_value = 0,
                 .since = 12}},
      .infer = infer,
      .evaluate = evaluate,
  };
}

}  // namespace

std::vector<OpDef> arg_max() {
  return {
      make("ArgMax",
           "Index of the largest element along an axis; the first of equals, or the last. NaN "
           "wins.\n"
           "Shapes: data [a.., n, b..] -> reduced [a.., 1, b..], or [a.., b..] without keepdims\n"
           "Formula: reduced[a, b] = argmax_i data[a, i, b]\n"
           "Source: ONNX ArgMax-13",
           evaluate<true>),
      make("ArgMin",
           "Index of the smallest element along an axis; the first of equals, or the last. NaN "
           "wins.\n"
           "Shapes: data [a.., n, b..] -> reduced [a.., 1, b..], or [a.., b..] without keepdims\n"
           "Formula: reduced[a, b] = argmin_i data[a, i, b]\n"
           "Source: ONNX ArgMin-13",
           evaluate<false>),
  };
}

}  // namespace gatefold::ops
