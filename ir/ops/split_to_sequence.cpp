#include <algorithm>

#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/copy.h"
#include "ir/ops/extents.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

/// The extent along the split axis that all parts share, as far as it is known.
Dim part_extent(const InferContext& context, const Dim& whole) {
  if (!context.has_input(1)) return 1;
  const auto sizes = known_integers(context, 1);
  if (!sizes || sizes->empty() || !context.has_rank(1)) return {};
  for (const std::int64_t size : *sizes) {
    if (size < 0 || (size == 0 && context.rank(1) == 0)) {
      context.fail("input split holds {}; a size must be {} or more", size,
                   context.rank(1) == 0 ? 1 : 0);
    }
    if (size != sizes->front()) return {};
  }
  const bool is_even =
      context.rank(1) == 1 || (whole.is_known() && whole.size() % sizes->front() == 0);
  return is_even ? Dim(sizes->front()) : Dim();
}

void infer_split(InferContext& context) {
  if (context.has_input(1) && context.has_rank(1) && context.rank(1) > 1) {
    context.fail("input split is {} but must be a scalar or have one dimension",
                 to_string(context.input(1)));
  }
  Type part(context.dtype(0), std::nullopt);
  if (context.has_rank(0)) {
    const auto axis = context.axis(context.node().attr_int("axis"), context.rank(0));
    part.shape = context.shape(0);
    Dim& dim = (*part.shape)[axis];
    dim = part_extent(context, dim);
    if (!context.has_input(1) && context.node().attr_int("keepdims") == 0) {
      part.shape->erase(part.shape->begin() + axis);
    }
  }
  context.set_output(0, Type::sequence_of(part));
}

/// The extents of the parts along the split axis, which has `whole` elements.
std::vector<std::int64_t> part_sizes(const EvaluateContext& context, std::int64_t whole) {
  if (!context.has_input(1)) return std::vector<std::int64_t>(static_cast<std::size_t>(whole), 1);
  std::vector<std::int64_t> sizes = context.input(1).to_int64();
  std::int64_t sum = 0;
  if (context.input(1).rank() == 0) {
    const std::int64_t size = sizes[0];
    if (size < 1) context.fail("input split is {} but must be 1 or more", size);
    for (sizes.clear(); sum < whole; sum += sizes.back()) {
      sizes.push_back(std::min(size, whole - sum));
    }
    return sizes;
  }
  for (const std::int64_t size : sizes) {
    if (size < 0 || size > whole - sum) {
      context.fail("input split is {}, which does not cut an axis of {} elements", to_string(sizes),
                   whole);
    }
    sum += size;
  }
  if (sum != whole) {
    context.fail("the sizes in input split, {}, add up to {} but the axis has {} elements",
                 to_string(sizes), sum, whole);
  }
  return sizes;
}

void evaluate_split(EvaluateContext& context) {
  const Tensor& input = context.input(0);
  const auto axis = context.axis(context.node().attr_int("axis"), input.rank());
  const bool drops_axis = !context.has_input(1) && context.node().attr_int("keepdims") == 0;
  std::vector<Tensor> parts;
  std::int64_t start = 0;
  for (const std::int64_t size : part_sizes(context, input.dims()[axis])) {
    Dims dims = input.dims();
    dims[axis] = size;
    Tensor part(input.dtype(), dims);
    copy_part(input, axis, start, part);
    start += size;
    dims.erase(dims.begin() + axis);
    parts.push_back(drops_axis ? part.reshaped(dims) : part);
  }
  context.set_output(0, Sequence(parts));
}

void infer_concat(InferContext& context) {
  const Type& type = context.input(0);
  if (type.kind != Type::Kind::kSequence || !type.element->is_tensor()) {
    context.fail("input input_sequence is {} but must be a sequence of tensors", to_string(type));
  }
  std::optional<Shape> result = type.element->shape;
  if (result) {
    const bool adds_axis = context.node().attr_int("new_axis") != 0;
    const auto rank = static_cast<std::int64_t>(result->size()) + (adds_axis ? 1 : 0);
    const auto axis = context.axis(context.node().attr_int("axis"), rank);
    if (adds_axis) result->insert(result->begin() + axis, Dim());
    (*result)[axis] = Dim();
  }
  context.set_output(0, {type.element->dtype, result});
}

void evaluate_concat(EvaluateContext& context) {
  std::vector<Tensor> parts = std::get<Sequence>(context.datum(0)).tensors();
  if (parts.empty()) context.fail("the sequence is empty; there is nothing to concatenate");
  const bool adds_axis = context.node().attr_int("new_axis") != 0;
  const std::int64_t rank = parts[0].rank() + (adds_axis ? 1 : 0);
  const auto axis = context.axis(context.node().attr_int("axis"), rank);
  Dims whole;
  for (Tensor& part : parts) {
    Dims dims = part.dims();
    if (adds_axis) dims.insert(dims.begin() + std::min(axis, part.rank()), 1);
    part = part.reshaped(dims);
    if (whole.empty()) {
      whole = dims;
      continue;
    }
    const std::int64_t sum = dims.size() == whole.size() ? whole[axis] + dims[axis] : 0;
    if (dims.size() == whole.size()) dims[axis] = whole[axis];
    if (dims != whole) {
      context.fail("tensors of shapes {} and {} cannot be concatenated along axis {}",
                   to_string(parts[0].dims()), to_string(part.dims()), axis);
    }
    whole[axis] = sum;
  }
  Tensor& result = context.output(0, parts[0].dtype(), whole);
  std::int64_t start = 0;
  for (const Tensor& part : parts) {
    copy_into_part(part, result, axis, start);
    start += part.dims()[axis];
  }
}

}  // namespace

std::vector<OpDef> split_to_sequence() {
  return {
      {
          .name = "SplitToSequence",
          .doc = "Cuts an axis into a sequence of parts: of the sizes in `split` [n], of the size "
                 "`split` (a scalar; the last part may be smaller), or of single elements, which "
                 "with keepdims = 0 lose the axis.\n"
                 "Source: ONNX SplitToSequence-11",
          .since = 11,
          .inputs = {{"input", "T", kAllTypes}, {"split", {}, kIndexTypes, Port::Arity::kOptional}},
          .outputs = {{.name = "output_sequence", .holds_any = true}},
          .attrs = {{"axis", AttrDef::Kind::kInt, 0}, {"keepdims", AttrDef::Kind::kInt, 1}},
          .infer = infer_split,
          .evaluate = evaluate_split,
          .widen_half = false,
      },
      {
          .name = "ConcatFromSequence",
          .doc = "Joins the tensors of a sequence along an axis, or along a new one (new_axis = "
                 "1).\n"
                 "Source: ONNX ConcatFromSequence-11",
          .since = 11,
          .inputs = {{.name = "input_sequence", .holds_any = true}},
          .outputs = {{"concat_result", {}, kAllTypes}},
          .attrs = {{"axis", AttrDef::Kind::kInt, std::nullopt, true},
                    {"new_axis", AttrDef::Kind::kInt, 0}},
          .infer = infer_concat,
          .evaluate = evaluate_concat,
          .widen_half = false,
      },
  };
}

}  // namespace gatefold::ops
