#include <algorithm>

#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/copy.h"
#include "ir/ops/extents.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

/// Checks the sizes of input `split` against the outputs, the last of which may be unwanted, and
/// the axis, whose extent may be unknown.
void check_sizes(const InferContext& context, const std::vector<std::int64_t>& sizes,
                 const Dim& dim) {
  if (sizes.size() < context.outputs().size()) {
    context.fail("input split has {} sizes but there are {} outputs", sizes.size(),
                 context.outputs().size());
  }
  std::int64_t sum = 0;
  for (const std::int64_t size : sizes) {
    if (size < 0 || size > kMaxElements) {
      context.fail("size {} in input split is outside [0, {}]", size, kMaxElements);
    }
    sum += size;
  }
  if (dim.is_known() && sum != dim.size()) {
    context.fail("the sizes in input split, {}, add up to {} but the axis has {} elements",
                 to_string(sizes), sum, dim.size());
  }
}

/// The extent of each output along the split axis.
std::vector<Dim> chunk_sizes(const InferContext& context, const Dim& dim) {
  const std::size_t outputs = context.outputs().size();
  if (context.has_input(1)) {
    const auto sizes = known_integers(context, 1);
    if (!sizes) return std::vector<Dim>(outputs);
    check_sizes(context, *sizes, dim);
    return {sizes->begin(), sizes->begin() + static_cast<std::ptrdiff_t>(outputs)};
  }
  const Node& node = context.node();
  const auto wanted = static_cast<std::int64_t>(outputs);
  const std::int64_t count = node.has_attr("num_outputs") ? node.attr_int("num_outputs") : wanted;
  if (count < wanted || count < 1 || count > kMaxElements) {
    context.fail("attribute num_outputs is {} but there are {} outputs", count, wanted);
  }
  std::vector<Dim> chunks(outputs);
  if (!dim.is_known()) return chunks;
  const std::int64_t chunk = (dim.size() + count - 1) / count;
  std::int64_t left = dim.size();
  for (Dim& size : chunks) {
    size = std::min(chunk, left);
    left -= size.size();
  }
  return chunks;
}

void infer(InferContext& context) {
  if (context.has_input(1)) context.expect_rank(1, 1);
  for (std::size_t i = 0; i < context.outputs().size(); ++i) {
    context.set_output(i, {context.dtype(0), std::nullopt});
  }
  if (!context.has_rank(0)) return;
  Shape shape = context.shape(0);
  const auto axis = context.axis(context.node().attr_int("axis"), context.rank(0));
  const std::vector<Dim> chunks = chunk_sizes(context, shape[axis]);
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    shape[axis] = chunks[i];
    context.set_output(i, {context.dtype(0), shape});
  }
}

void evaluate(EvaluateContext& context) {
  const Tensor& input = context.input(0);
  const auto axis = context.axis(context.node().attr_int("axis"), input.rank());
  std::int64_t start = 0;
  for (std::size_t i = 0; i < context.output_count(); ++i) {
    const Dims dims = inferred_dims(context, i);
    if (context.has_output(i))
      copy_part(input, axis, start, context.output(i, input.dtype(), dims));
    start += dims[axis];
  }
}

}  // namespace

std::vector<OpDef> split() {
  return {{
      .name = "Split",
      .doc = "Cuts an axis into consecutive parts, one per output: of the given sizes, or of equal "
             "size (rounded up, the last ones smaller).\n"
             "Source: ONNX Split-18",
      .since = 13,
      .inputs = {{"input", "T", kAllTypes}, {"split", {}, kInt64Type, Port::Arity::kOptional}},
      .outputs = {{"outputs", "T", kAllTypes, Port::Arity::kVariadic}},
      .attrs = {{"axis", AttrDef::Kind::kInt, 0},
                {"num_outputs", AttrDef::Kind::kInt, std::nullopt, false, 18}},
      .infer = infer,
      .evaluate = evaluate,
      .widen_half = false,
  }};
}

}  // namespace gatefold::ops
