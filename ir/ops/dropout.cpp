#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/ops.h"
#include "ir/random.h"

namespace gatefold::ops {
namespace {

void infer(InferContext& context) {
  for (const std::size_t index : {1, 2}) {
    if (context.has_input(index)) context.expect_rank(index, 0);
  }
  context.set_output(0, context.input(0));
  context.set_output(1, {DataType::kBool, context.input(0).shape});
}

double scalar_or(const EvaluateContext& context, std::size_t index, double otherwise) {
  if (!context.has_input(index)) return otherwise;
  const Tensor& input = context.input(index);
  if (input.size() != 1) {
    context.fail("input number {} has the shape {} but must be a scalar", index,
                 to_string(input.dims()));
  }
  return input.number_at(0);
}

double ratio_of(const EvaluateContext& context) {
  const double ratio = scalar_or(context, 1, 0.5);
  if (!(ratio >= 0 && ratio < 1)) context.fail("ratio is {} but must be in [0, 1)", ratio);
  return ratio;
}

void evaluate(EvaluateContext& context) {
  const Tensor& data = context.input(0);
  const bool is_training = scalar_or(context, 2, 0) != 0;
  const double ratio = is_training ? ratio_of(context) : 0;
  Tensor& output = context.output(0, data.dtype(), data.dims());
  bool* mask = context.output(1, DataType::kBool, data.dims()).data<bool>();
  const RandomNumbers numbers = random_numbers(context.node());
  for (std::int64_t i = 0; i < data.size(); ++i) {
    mask[i] = numbers.uniform(static_cast<std::uint64_t>(i)) >= ratio;
  }
  dispatch_float(data.dtype(), [&]<typename T>() {
    const auto scale = static_cast<T>(1 / (1 - ratio));
    const T* from = data.data<T>();
    T* to = output.data<T>();
    for (std::int64_t i = 0; i < data.size(); ++i) to[i] = mask[i] ? from[i] * scale : T{0};
  });
}

}  // namespace

std::vector<OpDef> dropout() {
  return {{
      .name = "Dropout",
      .doc =
          "With training_mode, sets random elements to zero and scales the others so that the\n"
          "expected value stays; else the identity. A given seed gives the same mask each time.\n"
          "Shapes: data [..], ratio [], training_mode [] -> output [..], mask [..]\n"
          "Formula: mask = u >= ratio for u uniform in [0, 1);\n"
          "output = mask data / (1 - ratio)\n"
          "Source: ONNX Dropout-22",
      .since = 12,
      .inputs = {{"data", "T", kFloatTypes},
                 {"ratio", "T1", kFloatTypes, Port::Arity::kOptional},
                 {"training_mode", "T2", kBoolType, Port::Arity::kOptional}},
      .outputs = {{"output", "T", kFloatTypes}, {"mask", "T2", kBoolType, Port::Arity::kOptional}},
      .attrs = {{"seed", AttrDef::Kind::kInt}},
      .infer = infer,
      .evaluate = evaluate,
      .is_random = true,
  }};
}

}  // namespace gatefold::ops
