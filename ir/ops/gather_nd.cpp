#include <algorithm>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/index.h"
#include "ir/infer.h"
#include "ir/ops/indexing.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

template <typename Context>
void check_ranks(const Context& context, std::int64_t data_rank, std::int64_t indices_rank,
                 std::int64_t batch_dims) {
  if (data_rank < 1 || indices_rank < 1) {
    context.fail("data and indices have {} and {} dimensions but need at least one", data_rank,
                 indices_rank);
  }
  if (batch_dims < 0 || batch_dims >= std::min(data_rank, indices_rank)) {
    context.fail("batch_dims is {} but must be in [0, {}), below the ranks of data and indices",
                 batch_dims, std::min(data_rank, indices_rank));
  }
}

/// The shape of the output for index tuples of length `tuple`.
template <typename Context>
Shape output_shape(const Context& context, const Shape& data, const Shape& indices,
                   std::int64_t tuple, std::int64_t batch_dims) {
  const auto rank = static_cast<std::int64_t>(data.size());
  if (tuple < 1 || tuple > rank - batch_dims) {
    context.fail(
        "the last extent of indices {} is the length of index tuples and must be in [1, {}]",
        to_string(indices), rank - batch_dims);
  }
  for (std::int64_t i = 0; i < batch_dims; ++i) {
    if (data[i].is_known() && indices[i].is_known() && data[i] != indices[i]) {
      context.fail("data {} and indices {} must agree on the first {} extents", to_string(data),
                   to_string(indices), batch_dims);
    }
  }
  Shape shape(indices.begin(), indices.end() - 1);
  shape.insert(shape.end(), data.begin() + batch_dims + tuple, data.end());
  return shape;
}

void infer(InferContext& context) {
  const Type unknown(context.dtype(0), std::nullopt);
  if (!context.has_rank(0) || !context.has_rank(1)) return context.set_output(0, unknown);
  const std::int64_t batch_dims = context.node().attr_int("batch_dims");
  check_ranks(context, context.rank(0), context.rank(1), batch_dims);
  const Dim& tuple = context.shape(1).back();
  if (!tuple.is_known()) return context.set_output(0, unknown);
  context.set_output(0, {context.dtype(0), output_shape(context, context.shape(0), context.shape(1),
                                                        tuple.size(), batch_dims)});
}

void evaluate(EvaluateContext& context) {
  const Tensor& data = context.input(0);
  const Tensor& indices = context.input(1);
  const std::int64_t batch_dims = context.node().attr_int("batch_dims");
  check_ranks(context, data.rank(), indices.rank(), batch_dims);
  const std::int64_t tuple = indices.dims().back();
  const Shape shape =
      output_shape(context, shape_of(data.dims()), shape_of(indices.dims()), tuple, batch_dims);
  Tensor& output = context.output(0, data.dtype(), Type(data.dtype(), shape).dims());

  const Dims& dims = data.dims();
  const Dims strides = strides_of(dims);
  const std::int64_t batches = element_count(Dims(dims.begin(), dims.begin() + batch_dims));
  const std::int64_t batch_size = element_count(Dims(dims.begin() + batch_dims, dims.end()));
  const std::int64_t slice = element_count(Dims(dims.begin() + batch_dims + tuple, dims.end()));
  const std::int64_t tuples = batches == 0 ? 0 : indices.size() / tuple / batches;
  const auto* index = indices.data<std::int64_t>();
  dispatch_width(data.dtype(), [&]<typename T>() {
    const auto* source = reinterpret_cast<const T*>(data.raw());
    auto* target = reinterpret_cast<T*>(output.raw());
    for (std::int64_t i = 0; i < batches * tuples; ++i) {
      std::int64_t offset = i / tuples * batch_size;
      for (std::int64_t axis = batch_dims; axis < batch_dims + tuple; ++axis) {
        offset += checked_index(context, *index++, dims[axis], axis) * strides[axis];
      }
      target = std::copy_n(source + offset, slice, target);
    }
  });
}

}  // namespace

std::vector<OpDef> gather_nd() {
  return {{
      .name = "GatherND",
      .doc = "Picks slices of data, each named by a tuple of indices for its leading axes.\n"
             "Shapes: data [b.., n1..nk, s..], indices [b.., i.., k] -> output [b.., i.., s..]; "
             "batch_dims is the number of b axes\n"
             "Formula: output[b, i, s] = data[b, indices[b, i, 0], .., indices[b, i, k-1], s]\n"
             "Source: ONNX GatherND-13",
      .since = 12,
      .inputs = {{"data", "T", kAllTypes}, {"indices", {}, kInt64Type}},
      .outputs = {{"output", "T", kAllTypes}},
      .attrs = {{"batch_dims", AttrDef::Kind::kInt, 0}},
      .infer = infer,
      .evaluate = evaluate,
      .widen_half = false,
  }};
}

}  // namespace gatefold::ops
