#include "ir/ops/slice.h"

#include <algorithm>
#include <limits>

#include "ir/evaluate.h"
#include "ir/index.h"
#include "ir/infer.h"
#include "ir/ops/copy.h"
#include "ir/ops/extents.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {

SliceRange slice_range(std::int64_t start, std::int64_t end, std::int64_t step,
                       std::int64_t extent) {
  if (start < 0) start += extent;
  if (end < 0) end += extent;
  step = std::clamp(step, -extent - 1, extent + 1);  // Longer steps leave the axis just as well.
  if (extent == 0) return {0, step, 0};
  if (step > 0) {
    start = std::clamp<std::int64_t>(start, 0, extent);
    end = std::clamp<std::int64_t>(end, 0, extent);
    return {start, step, std::max<std::int64_t>(0, (end - start + step - 1) / step)};
  }
  start = std::clamp<std::int64_t>(start, 0, extent - 1);
  end = std::clamp<std::int64_t>(end, -1, extent - 1);
  return {start, step, std::max<std::int64_t>(0, (start - end - step - 1) / -step)};
}

std::vector<SliceRange> slice_ranges(const SliceInputs& inputs, const Dims& dims) {
  std::vector<SliceRange> ranges;
  for (const std::int64_t extent : dims) ranges.push_back({0, 1, extent});
  for (std::size_t i = 0; i < inputs.starts.size(); ++i) {
    std::int64_t axis = inputs.axes.empty() ? static_cast<std::int64_t>(i) : inputs.axes[i];
    if (axis < 0) axis += static_cast<std::int64_t>(dims.size());
    const std::int64_t step = inputs.steps.empty() ? 1 : inputs.steps[i];
    ranges[axis] = slice_range(inputs.starts[i], inputs.ends[i], step, dims[axis]);
  }
  return ranges;
}

namespace {

enum Inputs : std::uint8_t { kData, kStarts, kEnds, kAxes, kSteps };

/// How many axes are sliced, where any of the inputs tells; fails when they disagree.
std::optional<std::int64_t> sliced_count(const InferContext& context) {
  std::optional<std::int64_t> count;
  for (const std::size_t input : {kStarts, kEnds, kAxes, kSteps}) {
    if (!context.has_input(input)) continue;
    const auto length = known_length(context, input);
    if (length && count && *length != *count) {
      context.fail("{} has {} entries but {} has {}; their lengths must be equal",
                   context.name_of_input(input), *length, context.name_of_input(kStarts), *count);
    }
    if (length) count = length;
  }
  return count;
}

/// True for ranges that take everything, however long the axis is.
bool takes_all(std::int64_t start, std::int64_t end, std::int64_t step) {
  constexpr std::int64_t kEndless = std::numeric_limits<std::int32_t>::max();
  return (step == 1 && start == 0 && end >= kEndless) ||
         (step == -1 && (start == -1 || start >= kEndless) && end <= -kEndless);
}

Dim sliced(const InferContext& context, const Dim& dim, std::size_t position) {
  const auto starts = known_integers(context, kStarts);
  const auto ends = known_integers(context, kEnds);
  const auto steps = known_integers(context, kSteps);
  if (!starts || !ends || (context.has_input(kSteps) && !steps)) return {};
  const std::int64_t step = steps ? (*steps)[position] : 1;
  if (step == 0) context.fail("step {} is 0; it must be another number", position);
  if (takes_all((*starts)[position], (*ends)[position], step)) return dim;
  if (!dim.is_known()) return {};
  return slice_range((*starts)[position], (*ends)[position], step, dim.size()).count;
}

void infer(InferContext& context) {
  const auto count = sliced_count(context);
  if (!context.has_rank(kData)) {
    return context.set_output(0, {context.dtype(kData), std::nullopt});
  }
  check_element_count(context, context.shape(kData));
  const std::int64_t rank = context.rank(kData);
  auto axes = known_integers(context, kAxes);
  if (!count || (context.has_input(kAxes) && !axes)) {
    return context.set_output(0, {context.dtype(kData), shape_of_rank(context, rank)});
  }
  if (*count > rank) {
    context.fail("{} axes are sliced but data is {}", *count, to_string(context.input(kData)));
  }
  if (!axes) axes = all_axes_if_empty({}, *count);
  axes = distinct_axes(context, *axes, rank);
  Shape result = context.shape(kData);
  for (std::size_t i = 0; i < axes->size(); ++i) {
    Dim& dim = result[(*axes)[i]];
    dim = sliced(context, dim, i);
  }
  context.set_output(0, {context.dtype(kData), result});
}

void evaluate(EvaluateContext& context) {
  const Tensor& data = context.input(kData);
  const auto numbers = [&](std::size_t input) {
    return context.has_input(input) ? context.input(input).to_int64() : std::vector<std::int64_t>();
  };
  Tensor& output = context.output(0, data.dtype(), inferred_dims(context));
  const SliceInputs inputs{numbers(kStarts), numbers(kEnds), numbers(kAxes), numbers(kSteps)};
  Walk walk{0, strides_of(data.dims())};
  const auto ranges = slice_ranges(inputs, data.dims());
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    walk.offset += ranges[i].start * walk.strides[i];
    walk.strides[i] *= ranges[i].step;
  }
  copy_box(output.dims(), data, walk, output);
}

}  // namespace

std::vector<OpDef> slice() {
  constexpr auto kOptional = Port::Arity::kOptional;
  return {{
      .name = "Slice",
      .doc = "Picks start:end:step of each named axis (of the first axes without `axes`), as numpy "
             "does: negative positions count from the end, steps may be negative, and positions "
             "outside are clamped.\n"
             "Shapes: starts, ends, axes, steps [k], k <= rank of data\n"
             "Source: ONNX Slice-13",
      .since = 10,
      .inputs = {{"data", "T", kAllTypes},
                 {"starts", "Tind", kIndexTypes},
                 {"ends", "Tind", kIndexTypes},
                 {"axes", "Tind", kIndexTypes, kOptional},
                 {"steps", "Tind", kIndexTypes, kOptional}},
      .outputs = {{"output", "T", kAllTypes}},
      .infer = infer,
      .evaluate = evaluate,
      .widen_half = false,
  }};
}

}  // namespace gatefold::ops
