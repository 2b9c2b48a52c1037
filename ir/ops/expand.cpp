#include "ir/evaluate.h"
#include "ir/index.h"
#include "ir/infer.h"
#include "ir/ops/copy.h"
#include "ir/ops/extents.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

void infer_expand(InferContext& context) {
  const auto length = known_length(context, 1);
  const auto wanted = known_elements(context, 1);
  std::optional<Shape> result;
  if (context.has_rank(0) && wanted) {
    result = broadcast(context, context.shape(0), checked_shape(context, *wanted));
    check_element_count(context, *result);
  } else if (context.has_rank(0) && length) {
    result = shape_of_rank(context, std::max(context.rank(0), *length));
  }
  context.set_output(0, {context.dtype(0), result});
}

void evaluate_expand(EvaluateContext& context) {
  const Tensor& input = context.input(0);
  const Dims dims = inferred_dims(context);
  copy_box(dims, input, {0, broadcast_strides(input.dims(), dims)},
           context.output(0, input.dtype(), dims));
}

void infer_tile(InferContext& context) {
  const auto length = known_length(context, 1);
  const auto repeats = known_elements(context, 1);
  if (!context.has_rank(0)) {
    return context.set_output(0, {context.dtype(0), shape_of_rank(context, length)});
  }
  const std::int64_t rank = context.rank(0);
  if (length && *length != rank) {
    context.fail("input repeats has {} entries but input is {}; give one per axis", *length,
                 to_string(context.input(0)));
  }
  Shape result = *shape_of_rank(context, rank);
  if (repeats) {
    const Shape times = checked_shape(context, *repeats);
    for (std::size_t i = 0; i < result.size(); ++i) {
      const Dim both[] = {context.shape(0)[i], times[i]};
      result[i] = product(both);
    }
    check_element_count(context, result);
  }
  context.set_output(0, {context.dtype(0), result});
}

// Every axis n of the input becomes two of the copied box: its repeats and its n elements.
void evaluate_tile(EvaluateContext& context) {
  const Tensor& input = context.input(0);
  const std::vector<std::int64_t> repeats = context.input(1).to_int64();
  const Dims strides = strides_of(input.dims());
  Dims box;
  Walk walk;
  for (std::size_t i = 0; i < repeats.size(); ++i) {
    box.insert(box.end(), {repeats[i], input.dims()[i]});
    walk.strides.insert(walk.strides.end(), {0, strides[i]});
  }
  copy_box(box, input, walk, context.output(0, input.dtype(), inferred_dims(context)));
}

}  // namespace

std::vector<OpDef> expand() {
  return {
      {
          .name = "Expand",
          .doc = "Repeats axes of one element until the tensor broadcasts to `shape`; extents 1 in "
                 "`shape` keep what is there.\n"
                 "Source: ONNX Expand-13",
          .since = 8,
          .inputs = {{"input", "T", kAllTypes}, {"shape", {}, kInt64Type}},
          .outputs = {{"output", "T", kAllTypes}},
          .infer = infer_expand,
          .evaluate = evaluate_expand,
          .widen_half = false,
      },
      {
          .name = "Tile",
          .doc = "Repeats the whole tensor along each axis.\n"
                 "Formula: output[i, j, ..] = input[i mod n0, j mod n1, ..]\n"
                 "Source: ONNX Tile-13",
          .since = 6,
          .inputs = {{"input", "T", kAllTypes}, {"repeats", {}, kInt64Type}},
          .outputs = {{"output", "T", kAllTypes}},
          .infer = infer_tile,
          .evaluate = evaluate_tile,
          .widen_half = false,
      },
  };
}

}  // namespace gatefold::ops
