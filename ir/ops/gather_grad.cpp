#include <algorithm>
#include <map>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/extents.h"
#include "ir/ops/indexing.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

enum Input : std::size_t { kDataShape, kIndices, kDy };

/// The shape that dY must have: that of Gather's output.
Shape gathered(const Shape& data, const Shape& indices, std::int64_t axis) {
  Shape shape(data.begin(), data.begin() + axis);
  shape.insert(shape.end(), indices.begin(), indices.end());
  shape.insert(shape.end(), data.begin() + axis + 1, data.end());
  return shape;
}

/// The extents of the data, once those of dY are found to go with them.
std::optional<Shape> checked_data(InferContext& context, std::int64_t given_axis) {
  std::optional<Shape> data = stated_shape(context, kDataShape);
  if (!data) return data;
  const auto rank = static_cast<std::int64_t>(data->size());
  const std::int64_t axis = context.axis(given_axis, rank);
  if (!context.has_rank(kIndices) || !context.has_rank(kDy)) return data;
  const Shape wanted = gathered(*data, context.shape(kIndices), axis);
  context.expect_rank(kDy, static_cast<std::int64_t>(wanted.size()));
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    merge(context, wanted[i], context.shape(kDy)[i],
          "extents of dY against data_shape and indices");
  }
  return data;
}

void infer(InferContext& context) {
  context.set_output(0,
                     {context.dtype(kDy), checked_data(context, context.node().attr_int("axis"))});
}

void infer_rows(InferContext& context) {
  checked_data(context, 0);
  context.set_output(0, context.input(kDy));
}

void evaluate(EvaluateContext& context) {
  const Tensor& dY = context.input(kDy);
  const Dims data = inferred_dims(context);
  const auto axis =
      context.axis(context.node().attr_int("axis"), static_cast<std::int64_t>(data.size()));
  Tensor& output = context.output(0, dY.dtype(), data);
  const auto split = data.begin() + axis;
  const std::int64_t outer = element_count(Dims(data.begin(), split));
  const std::int64_t inner = element_count(Dims(split + 1, data.end()));
  const std::vector<std::int64_t> rows = context.input(kIndices).to_int64();
  dispatch_float(dY.dtype(), [&]<typename T>() {
    const T* source = dY.data<T>();
    std::fill_n(output.data<T>(), output.size(), T{0});
    for (std::int64_t o = 0; o < outer; ++o) {
      for (const std::int64_t row : rows) {
        const std::int64_t position = checked_index(context, row, *split, axis);
        T* target = output.data<T>() + (o * *split + position) * inner;
        for (std::int64_t i = 0; i < inner; ++i) target[i] += *source++;
      }
    }
  });
}

void evaluate_rows(EvaluateContext& context) {
  const Tensor& dY = context.input(kDy);
  const std::int64_t extent = context.input(kDataShape).to_int64().front();
  const std::vector<std::int64_t> rows = context.input(kIndices).to_int64();
  Tensor& output = context.output(0, dY.dtype(), dY.dims());
  const auto inner = rows.empty() ? 0 : dY.size() / static_cast<std::int64_t>(rows.size());
  std::map<std::int64_t, std::size_t> first;
  dispatch_float(dY.dtype(), [&]<typename T>() {
    const T* source = dY.data<T>();
    std::fill_n(output.data<T>(), output.size(), T{0});
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto found = first.emplace(checked_index(context, rows[i], extent, 0), i).first;
      T* target = output.data<T>() + static_cast<std::int64_t>(found->second) * inner;
      for (std::int64_t k = 0; k < inner; ++k) target[k] += *source++;
    }
  });
}

std::vector<Port> ports_of_gather() {
  return {
      {"data_shape", {}, kInt64Type}, {"indices", "Tind", kIndexTypes}, {"dY", "T", kFloatTypes}};
}

OpDef gather_rows_grad() {
  return {
      .domain = kGatefoldDomain,
      .name = "GatherRowsGrad",
      .doc =
          "The backward step of Gather along axis 0, without the rows that were not picked: adds "
          "rows of dY up that were picked from the same place.\n"
          "Shapes: data_shape [r] = n, b.., indices [i..], dY [i.., b..] -> rows [i.., b..]\n"
          "Formula: rows[i, b] = sum of dY[j, b] over all j with indices[j] = indices[i], where "
          "no index before i is the same; 0 elsewhere\n"
          "Source: Gatefold",
      .inputs = ports_of_gather(),
      .outputs = {{"rows", "T", kFloatTypes}},
      .infer = infer_rows,
      .evaluate = evaluate_rows,
  };
}

OpDef gather_grad_op() {
  return {
      .domain = kGatefoldDomain,
      .name = "GatherGrad",
      .doc =
          "The backward step of Gather: adds slices of dY up where they were picked from.\n"
          "Shapes: data_shape [r] = a.., n, b.., indices [i..], dY [a.., i.., b..] -> "
          "dX [a.., n, b..]\n"
          "Forward: y[a, i, b] = data[a, indices[i], b]\n"
          "Backward: dX[a, k, b] = sum of dY[a, i, b] over all i with indices[i] = k\n"
          "Source: Gatefold",
      .inputs = ports_of_gather(),
      .outputs = {{"dX", "T", kFloatTypes}},
      .attrs = {{"axis", AttrDef::Kind::kInt, 0}},
      .infer = infer,
      .evaluate = evaluate,
  };
}

}  // namespace

std::vector<OpDef> gather_grad() { return {gather_grad_op(), gather_rows_grad()}; }

}  // namespace gatefold::ops
