#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/extents.h"
#include "ir/ops/ops.h"
#include "ir/random.h"

namespace gatefold::ops {
namespace {

void infer(InferContext& context) {
  context.expect_rank(1, 0);
  context.set_output(0, {DataType::kFloat32, stated_shape(context, 0)});
}

void evaluate(EvaluateContext& context) {
  const auto seed = static_cast<std::uint64_t>(context.node().attr_int("seed"));
  const auto counter = static_cast<std::uint64_t>(context.input(1).number_at(0));
  const RandomNumbers numbers(RandomNumbers(seed).bits(counter));
  const DataType dtype = context.compute_type(DataType::kFloat32);
  Tensor& output = context.output(0, dtype, context.input(0).to_int64());
  dispatch_float(dtype, [&]<typename T>() {
    T* to = output.data<T>();
    for (std::int64_t i = 0; i < output.size(); ++i) {
      // 24 bits, so that rounding to float never gives 1.
      to[i] = static_cast<T>(numbers.bits(static_cast<std::uint64_t>(i)) >> 40) * T{0x1p-24};
    }
  });
}

}  // namespace

std::vector<OpDef> counter_uniform() {
  return {{
      .domain = kGatefoldDomain,
      .name = "CounterUniform",
      .doc = "Random numbers that depend on nothing but the seed, the counter and their place: a\n"
             "training step draws others than the one before, and the same when it is repeated.\n"
             "Shapes: shape int64[r], counter [] -> output float of these extents\n"
             "Formula: output[i] uniform in [0, 1), number i of the sequence (seed, counter)\n"
             "Source: random.h",
      .since = 1,
      .inputs = {{"shape", {}, kInt64Type}, {"counter", {}, DataTypeSet(DataType::kFloat64)}},
      .outputs = {{"output", {}, DataTypeSet(DataType::kFloat32)}},
      .attrs = {{"seed", AttrDef::Kind::kInt, std::int64_t{0}}},
      .infer = infer,
      .evaluate = evaluate,
  }};
}

}  // namespace gatefold::ops
