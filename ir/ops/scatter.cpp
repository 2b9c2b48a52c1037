#include <algorithm>
#include <cstring>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/index.h"
#include "ir/infer.h"
#include "ir/maximum.h"
#include "ir/ops/indexing.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

enum class Reduction : std::int8_t { kNone, kAdd, kMul, kMax, kMin };

constexpr std::string_view kReductionNames[] = {"none", "add", "mul", "max", "min"};

template <typename Context>
Reduction reduction_of(const Context& context) {
  const std::string& name = context.node().attr_string("reduction");
  const auto* found = std::find(std::begin(kReductionNames), std::end(kReductionNames), name);
  if (found == std::end(kReductionNames)) {
    context.fail("reduction is '{}' but must be one of none, add, mul, max, min", name);
  }
  return static_cast<Reduction>(found - std::begin(kReductionNames));
}

/// What becomes of an element `old` that is written again. Booleans: add and max are or, mul and
/// min are and.
template <typename T>
T combine(Reduction reduction, T old, T update) {
  switch (reduction) {
    case Reduction::kAdd:
      return static_cast<T>(old + update);
    case Reduction::kMul:
      return static_cast<T>(old * update);
    case Reduction::kMax:
      return maximum(update, old);
    case Reduction::kMin:
      return minimum(update, old);
    default:
      return update;
  }
}

Tensor& output_like_data(EvaluateContext& context) {
  const Tensor& data = context.input(0);
  Tensor& output = context.output(0, data.dtype(), data.dims());
  if (data.bytes() > 0) std::memcpy(output.raw(), data.raw(), data.bytes());
  return output;
}

void infer_elements(InferContext& context) {
  reduction_of(context);
  if (context.has_rank(0)) {
    const auto axis = context.axis(context.node().attr_int("axis"), context.rank(0));
    if (context.has_rank(1)) {
      check_element_indices(context, context.shape(0), context.shape(1), axis);
    }
  }
  if (context.has_rank(1) && context.has_rank(2)) {
    context.expect_rank(2, context.rank(1));
    for (std::int64_t i = 0; i < context.rank(1); ++i) {
      merge(context, context.shape(1)[i], context.shape(2)[i], "extents of indices and updates");
    }
  }
  context.set_output(0, context.input(0));
}

void evaluate_elements(EvaluateContext& context) {
  const Tensor& data = context.input(0);
  const Tensor& indices = context.input(1);
  const Tensor& updates = context.input(2);
  const Reduction reduction = reduction_of(context);
  const auto axis = context.axis(context.node().attr_int("axis"), data.rank());
  check_element_indices(context, shape_of(data.dims()), shape_of(indices.dims()), axis);
  if (updates.dims() != indices.dims()) {
    context.fail("updates {} and indices {} must have equal shapes", to_string(updates.dims()),
                 to_string(indices.dims()));
  }
  Tensor& output = output_like_data(context);

  Dims strides = strides_of(data.dims());
  const std::int64_t axis_stride = std::exchange(strides[axis], 0);
  const std::vector<std::int64_t> positions = indices.to_int64();
  dispatch_numeric_or_bool(data.dtype(), [&]<typename T>() {
    const T* update = updates.data<T>();
    const std::int64_t* position = positions.data();
    for_each_index<1>(indices.dims(), {strides}, [&](const auto& offset) {
      const std::int64_t i = checked_index(context, *position++, data.dims()[axis], axis);
      T& element = output.data<T>()[offset[0] + i * axis_stride];
      element = combine(reduction, element, *update++);
    });
  });
}

/// Checks indices against data and gives the shape that updates must have.
template <typename Context>
Shape updates_shape(const Context& context, const Shape& data, const Shape& indices) {
  const std::int64_t tuple = indices.back().size();
  if (tuple < 1 || tuple > static_cast<std::int64_t>(data.size())) {
    context.fail(
        "the last extent of indices {} is the length of index tuples and must be in [1, {}]",
        to_string(indices), data.size());
  }
  Shape shape(indices.begin(), indices.end() - 1);
  shape.insert(shape.end(), data.begin() + tuple, data.end());
  return shape;
}

void infer_nd(InferContext& context) {
  reduction_of(context);
  context.set_output(0, context.input(0));
  if (context.has_rank(1) && context.rank(1) == 0) {
    context.fail("input indices is a scalar but needs at least one dimension");
  }
  if (!context.has_rank(0) || !context.has_rank(1) || !context.shape(1).back().is_known()) return;
  const Shape wanted = updates_shape(context, context.shape(0), context.shape(1));
  if (!context.has_rank(2)) return;
  context.expect_rank(2, static_cast<std::int64_t>(wanted.size()));
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    merge(context, wanted[i], context.shape(2)[i], "extents of updates against indices and data");
  }
}

void evaluate_nd(EvaluateContext& context) {
  const Tensor& data = context.input(0);
  const Tensor& indices = context.input(1);
  const Tensor& updates = context.input(2);
  const Reduction reduction = reduction_of(context);
  if (indices.rank() == 0) context.fail("input indices is a scalar but needs a dimension");
  const Shape wanted = updates_shape(context, shape_of(data.dims()), shape_of(indices.dims()));
  if (shape_of(updates.dims()) != wanted) {
    context.fail("updates is {} but must be {} for these data and indices",
                 to_string(updates.dims()), to_string(wanted));
  }
  Tensor& output = output_like_data(context);

  const Dims strides = strides_of(data.dims());
  const std::int64_t tuple = indices.dims().back();
  const std::int64_t tuples = indices.size() / tuple;
  const std::int64_t slice = element_count(Dims(data.dims().begin() + tuple, data.dims().end()));
  const auto* index = indices.data<std::int64_t>();
  dispatch_numeric_or_bool(data.dtype(), [&]<typename T>() {
    const T* update = updates.data<T>();
    for (std::int64_t i = 0; i < tuples; ++i) {
      T* target = output.data<T>();
      for (std::int64_t axis = 0; axis < tuple; ++axis) {
        target += checked_index(context, *index++, data.dims()[axis], axis) * strides[axis];
      }
      for (std::int64_t j = 0; j < slice; ++j) target[j] = combine(reduction, target[j], *update++);
    }
  });
}

const AttrDef kReductionAttr = {.name = "reduction",
                                .kind = AttrDef::Kind::kString,
                                .default_value = std::string("none"),
                                .since = 16};

}  // namespace

std::vector<OpDef> scatter() {
  return {
      {
          .name = "ScatterElements",
          .doc =
              "A copy of data with single elements replaced, or combined, by updates.\n"
              "Shapes: data [a.., n, b..], indices and updates [a'.., m, b'..] -> output as data; "
              "a' <= a and b' <= b\n"
              "Formula: output[a, indices[a, i, b], b] op= updates[a, i, b], in row-major order\n"
              "Source: ONNX ScatterElements-18",
          .since = 11,
          .inputs = {{"data", "T", kAllTypes},
                     {"indices", "Tind", kIndexTypes},
                     {"updates", "T", kAllTypes}},
          .outputs = {{"output", "T", kAllTypes}},
          .attrs = {{"axis", AttrDef::Kind::kInt, 0}, kReductionAttr},
          .infer = infer_elements,
          .evaluate = evaluate_elements,
      },
      {
          .name = "ScatterND",
          .doc =
              "A copy of data with slices replaced, or combined, by updates.\n"
              "Shapes: data [n1..nk, s..], indices [i.., k], updates [i.., s..] -> output as data\n"
              "Formula: output[indices[i, 0], .., indices[i, k-1], s] op= updates[i, s], in order\n"
              "Source: ONNX ScatterND-18",
          .since = 11,
          .inputs = {{"data", "T", kAllTypes},
                     {"indices", {}, kInt64Type},
                     {"updates", "T", kAllTypes}},
          .outputs = {{"output", "T", kAllTypes}},
          .attrs = {kReductionAttr},
          .infer = infer_nd,
          .evaluate = evaluate_nd,
      },
  };
}

}  // namespace gatefold::ops
