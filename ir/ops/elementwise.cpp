#include "ir/ops/elementwise.h"

#include <algorithm>

namespace gatefold::ops {

std::optional<Shape> broadcast_inputs(const InferContext& context) {
  std::optional<Shape> result = Shape();
  for (std::size_t i = 0; i < context.input_count(); ++i) {
    if (!context.has_input(i)) context.fail("input number {} is missing but required", i);
    if (!context.has_rank(i)) result.reset();
    if (result) result = broadcast(context, *result, context.shape(i));
  }
  return result;
}

void infer_broadcast(InferContext& context) {
  std::optional<Shape> shape = broadcast_inputs(context);
  context.set_output(0, {context.dtype(0), std::move(shape)});
}

void infer_broadcast_to_bool(InferContext& context) {
  context.set_output(0, {DataType::kBool, broadcast_inputs(context)});
}

Dims broadcast_input_dims(const EvaluateContext& context) {
  Dims result;
  for (std::size_t i = 0; i < context.input_count(); ++i) {
    const Dims& dims = context.input(i).dims();
    const std::size_t common = std::min(result.size(), dims.size());
    for (std::size_t k = 1; k <= common; ++k) {
      const std::int64_t a = result[result.size() - k];
      const std::int64_t b = dims[dims.size() - k];
      if (a != b && a != 1 && b != 1) {
        context.fail("shapes {} and {} cannot be broadcast together: {} against {}",
                     to_string(result), to_string(dims), a, b);
      }
    }
    result = broadcast_dims(result, dims);
  }
  return result;
}

}  // namespace gatefold::ops
