#include <algorithm>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

void infer(InferContext& context) {
  const Node& node = context.node();
  const std::int64_t batch_axis = node.attr_int("batch_axis");
  const std::int64_t time_axis = node.attr_int("time_axis");
  if (batch_axis < 0 || batch_axis > 1 || time_axis != 1 - batch_axis) {
    context.fail("attributes batch_axis and time_axis are {} and {} but must be 0 and 1 or 1 and 0",
                 batch_axis, time_axis);
  }
  context.expect_rank(1, 1);
  if (context.has_rank(0)) {
    if (context.rank(0) < 2) {
      context.fail("input is {} but must have at least 2 dimensions", to_string(context.input(0)));
    }
    if (context.has_rank(1)) {
      merge(context, context.shape(0)[batch_axis], context.shape(1)[0],
            "the batch extent of input and the length of sequence_lens");
    }
  }
  context.set_output(0, context.input(0));
}

void evaluate(EvaluateContext& context) {
  const Tensor& input = context.input(0);
  const std::vector<std::int64_t> lengths = context.input(1).to_int64();
  const bool is_batch_first = context.node().attr_int("batch_axis") == 0;
  const std::int64_t N = static_cast<std::int64_t>(lengths.size());
  const std::int64_t T = input.dims()[is_batch_first ? 1 : 0];
  for (const std::int64_t length : lengths) {
    if (length < 0 || length > T) {
      context.fail("sequence length {} is outside [0, {}], the extent of the time axis", length, T);
    }
  }
  const std::int64_t row = N * T == 0 ? 0 : input.size() / (N * T);
  const auto offset = [&](std::int64_t n, std::int64_t t) {
    return (is_batch_first ? n * T + t : t * N + n) * row;
  };
  Tensor& output = context.output(0, input.dtype(), input.dims());
  dispatch_width(input.dtype(), [&]<typename Element>() {
    const auto* source = reinterpret_cast<const Element*>(input.raw());
    auto* target = reinterpret_cast<Element*>(output.raw());
    for (std::int64_t n = 0; n < N; ++n) {
      for (std::int64_t t = 0; t < T; ++t) {
        const std::int64_t from = t < lengths[n] ? lengths[n] - 1 - t : t;
        std::copy_n(source + offset(n, from), row, target + offset(n, t));
      }
    }
  });
}

}  // namespace

std::vector<OpDef> reverse_sequence() {
  return {{
      .name = "ReverseSequence",
      .doc = "Reverses the first sequence_lens[n] steps of each sequence; later steps stay.\n"
             "Shapes: input [T, N, ..] (batch_axis = 1) or [N, T, ..], sequence_lens [N]\n"
             "Source: ONNX ReverseSequence-10",
      .since = 10,
      .inputs = {{"input", "T", kAllTypes}, {"sequence_lens", {}, kInt64Type}},
      .outputs = {{"Y", "T", kAllTypes}},
      .attrs = {{"batch_axis", AttrDef::Kind::kInt, 1}, {"time_axis", AttrDef::Kind::kInt, 0}},
      .infer = infer,
      .evaluate = evaluate,
      .widen_half = false,
  }};
}

}  // namespace gatefold::ops
