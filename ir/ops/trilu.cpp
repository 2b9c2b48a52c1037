#include <algorithm>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/extents.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

void infer(InferContext& context) {
  if (context.has_rank(0) && context.rank(0) < 2) {
    context.fail("input is {} but must have at least 2 dimensions", to_string(context.input(0)));
  }
  if (context.has_input(1)) known_integer(context, 1);
  context.set_output(0, context.input(0));
}

void evaluate(EvaluateContext& context) {
  const Tensor& input = context.input(0);
  const std::int64_t rows = input.dims()[input.rank() - 2];
  const std::int64_t columns = input.dims()[input.rank() - 1];
  const std::int64_t given = context.has_input(1) ? context.input(1).to_int64()[0] : 0;
  const std::int64_t k = std::clamp(given, -rows, columns);
  const bool keeps_upper = context.node().attr_int("upper") != 0;
  Tensor& output = context.output(0, input.dtype(), input.dims());
  dispatch_width(input.dtype(), [&]<typename T>() {
    const auto* source = reinterpret_cast<const T*>(input.raw());
    auto* target = reinterpret_cast<T*>(output.raw());
    for (std::int64_t i = 0; i < input.size(); ++i) {
      const std::int64_t diagonal = i % columns - i / columns % rows;
      const bool is_kept = keeps_upper ? diagonal >= k : diagonal <= k;
      target[i] = is_kept ? source[i] : T{};
    }
  });
}

}  // namespace

std::vector<OpDef> trilu() {
  return {{
      .name = "Trilu",
      .doc =
          "Keeps the upper (upper = 1) or lower triangle of each matrix, diagonal k included, and "
          "puts zeros elsewhere.\n"
          "Shapes: input [.., rows, columns], k scalar (0 when missing)\n"
          "Formula: kept where column - row >= k, or <= k for the lower triangle\n"
          "Source: ONNX Trilu-14",
      .since = 14,
      .inputs = {{"input", "T", kAllTypes}, {"k", {}, kInt64Type, Port::Arity::kOptional}},
      .outputs = {{"output", "T", kAllTypes}},
      .attrs = {{"upper", AttrDef::Kind::kInt, 1}},
      .infer = infer,
      .evaluate = evaluate,
      .widen_half = false,
  }};
}

}  // namespace gatefold::ops
