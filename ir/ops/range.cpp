#include <algorithm>
#include <cmath>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/extents.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

constexpr DataTypeSet kRangeTypes{DataType::kFloat32, DataType::kFloat64, DataType::kInt16,
                                  DataType::kInt32, DataType::kInt64};

/// max(0, ceil((limit - start) / delta)), saturating above what a tensor may hold.
std::int64_t float_count(double start, double limit, double delta) {
  const double count = std::ceil((limit - start) / delta);
  constexpr auto kTooMany = static_cast<double>(kMaxElements) + 1;
  return count > 0 ? static_cast<std::int64_t>(std::min(count, kTooMany)) : 0;
}

std::int64_t integer_count(std::int64_t start, std::int64_t limit, std::int64_t delta) {
  if (delta > 0 ? start >= limit : start <= limit) return 0;
  // Unsigned, because the span of two int64 may not fit into one.
  const auto from = static_cast<std::uint64_t>(start);
  const auto to = static_cast<std::uint64_t>(limit);
  const auto step = static_cast<std::uint64_t>(delta);
  const std::uint64_t count = delta > 0 ? (to - from - 1) / step + 1 : (from - to - 1) / -step + 1;
  return static_cast<std::int64_t>(std::min<std::uint64_t>(count, kMaxElements + 1));
}

/// The extent where all that is known is that the range counts from 0 to some named limit.
Dim counted_extent(const InferContext& context) {
  const auto is_number = [&](std::size_t index, std::int64_t number) {
    const auto elements = known_elements(context, index);
    return elements && elements->at(0).number == number;
  };
  const std::vector<Element>* limit = context.elements(1);
  return limit != nullptr && is_number(0, 0) && is_number(2, 1) ? limit->at(0).to_dim() : Dim();
}

void infer(InferContext& context) {
  const Tensor* values[3];
  bool is_known = true;
  for (std::size_t i = 0; i < 3; ++i) {
    if (context.input(i).is_static() && known_count(context.shape(i)) != 1) {
      context.fail("{} is {} but must be a scalar", context.name_of_input(i),
                   to_string(context.input(i)));
    }
    values[i] = context.value(i);
    is_known = is_known && values[i] != nullptr;
  }
  Shape result(1);
  if (!is_known) result[0] = counted_extent(context);
  if (is_known) {
    const auto number = [&](std::size_t i) { return values[i]->number_at(0); };
    if (!(number(2) < 0 || number(2) > 0)) {
      context.fail("input delta is {}; it must be a number other than 0", number(2));
    }
    std::int64_t count = 0;
    if (is_float(context.dtype(0))) {
      count = float_count(number(0), number(1), number(2));
    } else {
      count = integer_count(values[0]->to_int64()[0], values[1]->to_int64()[0],
                            values[2]->to_int64()[0]);
    }
    result[0] = count;
    check_element_count(context, result);
  }
  context.set_output(0, {context.dtype(0), result});
}

void evaluate(EvaluateContext& context) {
  const DataType dtype = context.input(0).dtype();
  Tensor& output = context.output(0, dtype, inferred_dims(context));
  dispatch<float, double, std::int16_t, std::int32_t, std::int64_t>(dtype, [&]<typename T>() {
    const T start = context.input(0).data<T>()[0];
    const T delta = context.input(2).data<T>()[0];
    T* values = output.data<T>();
    for (std::int64_t i = 0; i < output.size(); ++i) {
      values[i] = static_cast<T>(start + static_cast<T>(i) * delta);
    }
  });
}

}  // namespace

std::vector<OpDef> range() {
  return {{
      .name = "Range",
      .doc = "The numbers from start in steps of delta, up to but without limit.\n"
             "Formula: output[i] = start + i delta, i < max(0, ceil((limit - start) / delta))\n"
             "Source: ONNX Range-11",
      .since = 11,
      .inputs = {{"start", "T", kRangeTypes},
                 {"limit", "T", kRangeTypes},
                 {"delta", "T", kRangeTypes}},
      .outputs = {{"output", "T", kRangeTypes}},
      .infer = infer,
      .evaluate = evaluate,
  }};
}

}  // namespace gatefold::ops
