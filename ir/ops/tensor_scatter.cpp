#include <algorithm>
#include <cstring>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

template <typename Context>
bool is_circular(const Context& context) {
  const std::string& mode = context.node().attr_string("mode");
  if (mode != "linear" && mode != "circular") {
    context.fail("mode is '{}' but must be linear or circular", mode);
  }
  return mode == "circular";
}

/// The sequence axis, which is not the batch axis 0.
template <typename Context>
std::int64_t sequence_axis(const Context& context, std::int64_t rank) {
  const std::int64_t axis = context.axis(context.node().attr_int("axis"), rank);
  if (axis == 0) context.fail("axis is 0, the batch; it must be the axis of the sequence");
  return axis;
}

void infer(InferContext& context) {
  is_circular(context);
  context.set_output(0, context.input(0));
  if (!context.has_rank(0) || !context.has_rank(1)) return;
  context.expect_rank(1, context.rank(0));
  context.expect_rank(2, 1);
  const std::int64_t axis = sequence_axis(context, context.rank(0));
  for (std::int64_t i = 0; i < context.rank(0); ++i) {
    if (i != axis) {
      merge(context, context.shape(0)[i], context.shape(1)[i], "extents of past_cache and update");
    }
  }
}

void evaluate(EvaluateContext& context) {
  const Tensor& past = context.input(0);
  const Tensor& update = context.input(1);
  const bool wraps = is_circular(context);
  const std::int64_t axis = sequence_axis(context, past.rank());
  Dims wanted = past.dims();
  if (update.rank() == past.rank()) wanted[axis] = update.dims()[axis];
  if (update.dims() != wanted || wanted[axis] > past.dims()[axis]) {
    context.fail("update {} must have the extents of past_cache {}, axis {} at most",
                 to_string(update.dims()), to_string(past.dims()), axis);
  }
  std::vector<std::int64_t> starts(past.dims()[0], 0);
  if (context.has_input(2)) starts = context.input(2).to_int64();
  if (static_cast<std::int64_t>(starts.size()) != past.dims()[0]) {
    context.fail("write_indices has {} elements but the batch has {}", starts.size(),
                 past.dims()[0]);
  }
  Tensor& present = context.output(0, past.dtype(), past.dims());
  if (past.bytes() > 0) std::memcpy(present.raw(), past.raw(), past.bytes());

  const std::int64_t outer = element_count(Dims(wanted.begin(), wanted.begin() + axis));
  const std::int64_t per_batch = outer / std::max<std::int64_t>(1, wanted[0]);
  const std::int64_t extent = past.dims()[axis];
  const std::int64_t length = wanted[axis];
  const std::size_t slice =
      element_count(Dims(wanted.begin() + axis + 1, wanted.end())) * size_of(past.dtype());
  for (std::int64_t i = 0; i < outer * length; ++i) {
    const std::int64_t o = i / length;
    std::int64_t position = starts[o / per_batch] + i % length;
    if (wraps) position %= extent;
    if (position < 0 || position >= extent) {
      context.fail("write position {} is outside [0, {}), the extent of axis {} of past_cache",
                   position, extent, axis);
    }
    std::memcpy(present.raw() + (o * extent + position) * slice, update.raw() + i * slice, slice);
  }
}

}  // namespace

std::vector<OpDef> tensor_scatter() {
  return {{
      .name = "TensorScatter",
      .doc = "A cache with the steps of update written from a given step on; in mode circular the "
             "positions wrap around.\n"
             "Shapes: past_cache [N, a.., T, b..], update [N, a.., t, b..], write_indices [N] "
             "(zeros if "
             "missing) -> present_cache as past_cache; T is axis `axis`\n"
             "Formula: present_cache[n, a, write_indices[n] + i, b] = update[n, a, i, b]\n"
             "Source: ONNX TensorScatter-24",
      .since = 24,
      .inputs = {{"past_cache", "T", kAllTypes},
                 {"update", "T", kAllTypes},
                 {"write_indices", {}, kInt64Type, Port::Arity::kOptional}},
      .outputs = {{"present_cache", "T", kAllTypes}},
      .attrs = {{"axis", AttrDef::Kind::kInt, -2},
                {"mode", AttrDef::Kind::kString, std::string("linear")}},
      .infer = infer,
      .evaluate = evaluate,
      .widen_half = false,
  }};
}

}  // namespace gatefold::ops
