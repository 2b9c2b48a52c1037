#include <algorithm>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/index.h"
#include "ir/infer.h"
#include "ir/ops/extents.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

void infer(InferContext& context) {
  context.set_output(0, {context.dtype(0), stated_shape(context, 1)});
}

void evaluate(EvaluateContext& context) {
  const Tensor& data = context.input(0);
  const Dims dims = context.input(1).to_int64();
  const bool fits = dims.size() <= data.dims().size() &&
                    std::equal(dims.rbegin(), dims.rend(), data.dims().rbegin(),
                               [](auto to, auto from) { return to == from || to == 1; });
  if (!fits) {
    context.fail("{} does not broadcast to the extents {} of data", to_string(dims),
                 to_string(data.dims()));
  }
  Tensor& sum = context.output(0, data.dtype(), dims);
  dispatch_float(data.dtype(), [&]<typename T>() {
    std::fill_n(sum.data<T>(), sum.size(), T{0});
    for_each_index<2>(data.dims(), {strides_of(data.dims()), broadcast_strides(dims, data.dims())},
                      [from = data.data<T>(), to = sum.data<T>()](const auto& offsets) {
                        to[offsets[1]] += from[offsets[0]];
                      });
  });
}

}  // namespace

std::vector<OpDef> sum_to_shape() {
  return {{
      .domain = kGatefoldDomain,
      .name = "SumToShape",
      .doc = "Undoes broadcasting: sums over the axes along which `shape` was stretched.\n"
             "Shapes: data [..], shape int64[r] -> sum of these extents\n"
             "Source: the gradient of Expand",
      .since = 1,
      .inputs = {{"data", "T", kFloatTypes}, {"shape", {}, kInt64Type}},
      .outputs = {{"sum", "T", kFloatTypes}},
      .infer = infer,
      .evaluate = evaluate,
  }};
}

}  // namespace gatefold::ops
