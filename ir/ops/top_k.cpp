#include <algorithm>
#include <numeric>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

template <typename Context>
std::int64_t count_of(const Context& context, const Tensor& K, std::int64_t extent) {
  if (K.size() != 1) context.fail("K has {} elements but must have one", K.size());
  const std::int64_t count = K.to_int64()[0];
  if (count < 0 || count > extent) {
    context.fail("K is {} but must be in [0, {}], the extent of the axis", count, extent);
  }
  return count;
}

void infer(InferContext& context) {
  std::optional<Shape> shape = context.input(0).shape;
  if (shape.has_value()) {
    const auto axis = context.axis(context.node().attr_int("axis"), context.rank(0));
    Dim& extent = (*shape)[axis];
    const Tensor* K = context.value(1);
    constexpr std::int64_t kUnbounded = std::numeric_limits<std::int64_t>::max();
    extent = K == nullptr
                 ? Dim()
                 : Dim(count_of(context, *K, extent.is_known() ? extent.size() : kUnbounded));
  }
  context.set_output(0, {context.dtype(0), shape});
  context.set_output(1, {DataType::kInt64, shape});
}

/// Sorts the first `count` places of `order`, positions into `row`, best first. Of equals the lower
/// position is better; NaN counts as the largest.
template <typename T>
void select(const T* row, std::int64_t stride, bool largest, std::int64_t count,
            std::vector<std::int64_t>& order) {
  std::iota(order.begin(), order.end(), 0);
  const auto is_less = [](T x, T y) { return x < y || (x == x && y != y); };
  std::partial_sort(order.begin(), order.begin() + count, order.end(), [&](auto a, auto b) {
    const T x = row[a * stride];
    const T y = row[b * stride];
    if (is_less(x, y)) return !largest;
    if (is_less(y, x)) return largest;
    return a < b;
  });
}

void evaluate(EvaluateContext& context) {
  const Tensor& X = context.input(0);
  const auto axis = context.axis(context.node().attr_int("axis"), X.rank());
  const bool largest = context.node().attr_int("largest") != 0;
  const std::int64_t extent = X.dims()[axis];
  const std::int64_t count = count_of(context, context.input(1), extent);
  Dims dims = X.dims();
  dims[axis] = count;
  Tensor& values = context.output(0, X.dtype(), dims);
  Tensor& indices = context.output(1, DataType::kInt64, dims);

  const std::int64_t outer = element_count(Dims(dims.begin(), dims.begin() + axis));
  const std::int64_t inner = element_count(Dims(dims.begin() + axis + 1, dims.end()));
  std::vector<std::int64_t> order(extent);
  dispatch_numeric(X.dtype(), [&]<typename T>() {
    for (std::int64_t line = 0; line < outer * inner; ++line) {
      const std::int64_t o = line / inner;
      const std::int64_t i = line % inner;
      const T* row = X.data<T>() + o * extent * inner + i;
      select(row, inner, largest, count, order);
      for (std::int64_t k = 0; k < count; ++k) {
        const std::int64_t target = (o * count + k) * inner + i;
        values.data<T>()[target] = row[order[k] * inner];
        indices.data<std::int64_t>()[target] = order[k];
      }
    }
  });
}

}  // namespace

std::vector<OpDef> top_k() {
  return {{
      .name = "TopK",
      .doc =
          "The K largest, or smallest, elements along an axis and where they are; best first, of "
          "equals the lower position first. NaN counts as the largest.\n"
          "Shapes: X [a.., n, b..], K [1] -> Values and Indices [a.., K, b..]\n"
          "Source: ONNX TopK-24",
      .since = 11,
      .inputs = {{"X", "T", kNumericTypes}, {"K", {}, kInt64Type}},
      .outputs = {{"Values", "T", kNumericTypes}, {"Indices", {}, kInt64Type}},
      .attrs = {{"axis", AttrDef::Kind::kInt, -1},
                {"largest", AttrDef::Kind::kInt, 1},
                {"sorted", AttrDef::Kind::kInt, 1}},
      .infer = infer,
      .evaluate = evaluate,
  }};
}

}  // namespace gatefold::ops
