#include "ir/ops/matmul.h"

#include <algorithm>
#include <array>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/index.h"
#include "ir/ops/ops.h"

namespace gatefold {
namespace {

/// The extents before the matrix axes.
Dims batch_of(const Dims& dims) {
  return dims.size() <= 2 ? Dims() : Dims(dims.begin(), dims.end() - 2);
}

Dims matrix_strides(const Dims& operand_batch, const Dims& batch, std::int64_t matrix_size) {
  Dims strides = broadcast_strides(operand_batch, batch);
  for (std::int64_t& stride : strides) stride *= matrix_size;
  return strides;
}

void infer(InferContext& context) {
  context.set_output(0, {context.dtype(0), infer_matmul(context, 0, 1)});
}

template <typename T>
void multiply(const Tensor& a, const Tensor& b, Tensor& output) {
  const MatMulExtents extents = matmul_extents(a.dims(), b.dims());
  T* c = output.data<T>();
  std::fill_n(c, output.size(), T{});
  for_each_index<2>(extents.batch, {extents.a_strides, extents.b_strides},
                    [&](const auto& offsets) {
                      add_product(extents.m, extents.k, extents.n, a.data<T>() + offsets[0],
                                  b.data<T>() + offsets[1], c);
                      c += extents.m * extents.n;
                    });
}

void evaluate(EvaluateContext& context) {
  const Tensor& a = context.input(0);
  const Tensor& b = context.input(1);
  Tensor& output = context.output(0, a.dtype(), matmul_extents(a.dims(), b.dims()).output);
  dispatch_numeric(a.dtype(), [&]<typename T>() { multiply<T>(a, b, output); });
}

}  // namespace

MatMulExtents matmul_extents(const Dims& a, const Dims& b) {
  MatMulExtents extents;
  extents.k = a.back();
  if (a.size() > 1) extents.m = a[a.size() - 2];
  if (b.size() > 1) extents.n = b.back();
  const Dims a_batch = batch_of(a);
  const Dims b_batch = batch_of(b);
  extents.batch = broadcast_dims(a_batch, b_batch);
  extents.a_strides = matrix_strides(a_batch, extents.batch, extents.m * extents.k);
  extents.b_strides = matrix_strides(b_batch, extents.batch, extents.k * extents.n);
  extents.output = extents.batch;
  if (a.size() > 1) extents.output.push_back(extents.m);
  if (b.size() > 1) extents.output.push_back(extents.n);
  return extents;
}

std::optional<Shape> infer_matmul(const InferContext& context, std::size_t a_index,
                                  std::size_t b_index) {
  for (const std::size_t index : {a_index, b_index}) {
    if (context.has_rank(index) && context.rank(index) == 0) {
      context.fail("{} is a scalar but must have at least 1 dimension",
                   context.name_of_input(index));
    }
  }
  if (!context.has_rank(a_index) || !context.has_rank(b_index)) return std::nullopt;
  const Shape& a = context.shape(a_index);
  const Shape& b = context.shape(b_index);
  merge(context, a.back(), b.size() == 1 ? b[0] : b[b.size() - 2],
        "the last extent of the left operand and the matching one of the right");
  const Shape a_batch(a.begin(), a.size() > 2 ? a.end() - 2 : a.begin());
  const Shape b_batch(b.begin(), b.size() > 2 ? b.end() - 2 : b.begin());
  Shape result = broadcast(context, a_batch, b_batch);
  if (a.size() > 1) result.push_back(a[a.size() - 2]);
  if (b.size() > 1) result.push_back(b.back());
  return result;
}

std::vector<OpDef> ops::matmul() {
  constexpr DataTypeSet kTypes = kFloatTypes | DataTypeSet(DataType::kInt32, DataType::kInt64,
                                                           DataType::kUint32, DataType::kUint64);
  return {{
      .name = "MatMul",
      .doc =
          "The matrix product as numpy defines it: leading axes are broadcast, a 1-D A counts as "
          "a row and a 1-D B as a column whose added axis is dropped from the result.\n"
          "Shapes: A [b..,m,k], B [b..,k,n] -> Y [b..,m,n]\n"
          "Formula: Y[b,i,j] = sum_l A[b,i,l] * B[b,l,j]\n"
          "Source: ONNX MatMul-13",
      .since = 1,
      .inputs = {{"A", "T", kTypes}, {"B", "T", kTypes}},
      .outputs = {{"Y", "T", kTypes}},
      .infer = infer,
      .evaluate = evaluate,
  }};
}

}  // namespace gatefold
