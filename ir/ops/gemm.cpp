#include <array>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/index.h"
#include "ir/infer.h"
#include "ir/ops/matmul.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

void infer(InferContext& context) {
  context.expect_rank(0, 2);
  context.expect_rank(1, 2);
  const bool transpose_a = context.node().attr_int("transA") != 0;
  const bool transpose_b = context.node().attr_int("transB") != 0;
  Shape result(2);
  Dim inner;
  if (context.has_rank(0)) {
    result[0] = context.shape(0)[transpose_a ? 1 : 0];
    inner = context.shape(0)[transpose_a ? 0 : 1];
  }
  if (context.has_rank(1)) {
    result[1] = context.shape(1)[transpose_b ? 0 : 1];
    merge(context, inner, context.shape(1)[transpose_b ? 1 : 0],
          "the inner extents of the operands, after transA and transB");
  }
  if (context.has_input(2) && context.has_rank(2)) {
    const Shape both = broadcast(context, result, context.shape(2));
    for (std::size_t i = 0; i < both.size(); ++i) {
      const bool grows = both.size() > 2 || (result[i].is_known() && !both[i].same_as(result[i]));
      if (grows) {
        context.fail("C is {} but must be broadcastable to the product's {}",
                     to_string(context.input(2)), to_string(result));
      }
    }
  }
  context.set_output(0, {context.dtype(0), result});
}

template <typename T>
T scaled(float factor, T value) {
  if (factor == 1) return value;
  return static_cast<T>(static_cast<double>(factor) * static_cast<double>(value));
}

template <typename T>
void multiply_add(EvaluateContext& context) {
  const Node& node = context.node();
  const Tensor& a_given = context.input(0);
  const Tensor a = node.attr_int("transA") != 0 ? transposed<T>(a_given) : a_given;
  const Tensor& b_given = context.input(1);
  const Tensor b = node.attr_int("transB") != 0 ? transposed<T>(b_given) : b_given;
  const Dims dims = {a.dims()[0], b.dims()[1]};
  Tensor& output = context.output(0, a.dtype(), dims);

  std::vector<T> product(static_cast<std::size_t>(output.size()));
  add_product(dims[0], a.dims()[1], dims[1], a.data<T>(), b.data<T>(), product.data());
  const float alpha = node.attr_float("alpha");
  T* y = output.data<T>();
  for (const T value : product) *y++ = scaled(alpha, value);
  const float beta = node.attr_float("beta");
  if (!context.has_input(2) || beta == 0) return;
  const Tensor& c = context.input(2);
  y = output.data<T>();
  for_each_index<1>(dims, {broadcast_strides(c.dims(), dims)},
                    [&](const auto& offsets) { *y++ += scaled(beta, c.data<T>()[offsets[0]]); });
}

void evaluate(EvaluateContext& context) {
  dispatch_numeric(context.input(0).dtype(), [&]<typename T>() { multiply_add<T>(context); });
}

}  // namespace

std::vector<OpDef> gemm() {
  constexpr DataTypeSet kTypes = kFloatTypes | DataTypeSet(DataType::kInt32, DataType::kInt64,
                                                           DataType::kUint32, DataType::kUint64);
  return {{
      .name = "Gemm",
      .doc = "A scaled matrix product plus a scaled, broadcast C.\n"
             "Shapes: A [m,k] or with transA [k,m], B [k,n] or with transB [n,k], C broadcastable "
             "to [m,n] -> Y [m,n]\n"
             "Formula: Y = alpha * op(A) * op(B) + beta * C; with beta = 0 C is not read\n"
             "Source: ONNX Gemm-13",
      .since = 11,
      .inputs = {{"A", "T", kTypes},
                 {"B", "T", kTypes},
                 {"C", "T", kTypes, Port::Arity::kOptional}},
      .outputs = {{"Y", "T", kTypes}},
      .attrs = {{"alpha", AttrDef::Kind::kFloat, 1.0F},
                {"beta", AttrDef::Kind::kFloat, 1.0F},
                {"transA", AttrDef::Kind::kInt, 0},
                {"transB", AttrDef::Kind::kInt, 0}},
      .infer = infer,
      .evaluate = evaluate,
  }};
}

}  // namespace gatefold::ops
