#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/extents.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

void infer(InferContext& context) {
  const auto axis = known_integer(context, 1);
  if (axis && context.has_rank(0)) context.axis(*axis, context.rank(0));
  context.set_output(0, context.input(0));
}

void evaluate(EvaluateContext& context) {
  const Tensor& x = context.input(0);
  const auto axis = context.axis(context.input(1).to_int64()[0], x.rank());
  const bool is_exclusive = context.node().attr_int("exclusive") != 0;
  const bool is_reverse = context.node().attr_int("reverse") != 0;
  const std::int64_t extent = x.dims()[axis];
  const std::int64_t inner = element_count(Dims(x.dims().begin() + axis + 1, x.dims().end()));
  Tensor& y = context.output(0, x.dtype(), x.dims());
  dispatch_numeric(x.dtype(), [&]<typename T>() {
    const std::int64_t lines = x.size() == 0 ? 0 : x.size() / extent;
    for (std::int64_t line = 0; line < lines; ++line) {
      const std::int64_t start = line / inner * extent * inner + line % inner;
      T sum{};
      for (std::int64_t i = 0; i < extent; ++i) {
        const std::int64_t at = start + (is_reverse ? extent - 1 - i : i) * inner;
        const T value = x.data<T>()[at];
        if (is_exclusive) y.data<T>()[at] = sum;
        sum = static_cast<T>(sum + value);
        if (!is_exclusive) y.data<T>()[at] = sum;
      }
    }
  });
}

}  // namespace

std::vector<OpDef> cum_sum() {
  return {{
      .name = "CumSum",
      .doc =
          "Running sums along an axis: of the elements up to each one (without it when exclusive "
          "= 1), from the end when reverse = 1.\n"
          "Formula: y[i] = sum of x[j] over j <= i\n"
          "Source: ONNX CumSum-14",
      .since = 11,
      .inputs = {{"x", "T", kNumericTypes}, {"axis", {}, kIndexTypes}},
      .outputs = {{"y", "T", kNumericTypes}},
      .attrs = {{"exclusive", AttrDef::Kind::kInt, 0}, {"reverse", AttrDef::Kind::kInt, 0}},
      .infer = infer,
      .evaluate = evaluate,
  }};
}

}  // namespace gatefold::ops
