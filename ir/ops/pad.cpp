#include "ir/ops/pad.h"

#include <algorithm>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/index.h"
#include "ir/infer.h"
#include "ir/ops/extents.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {

std::vector<AxisPads> axis_pads(std::span<const std::int64_t> pads,
                                std::span<const std::int64_t> axes, std::int64_t rank) {
  std::vector<AxisPads> result(static_cast<std::size_t>(rank));
  const std::size_t count = pads.size() / 2;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t axis = axes.empty() ? static_cast<std::int64_t>(i) : axes[i];
    result[axis < 0 ? axis + rank : axis] = {pads[i], pads[count + i]};
  }
  return result;
}

std::vector<AxisPads> centered_pads(const Dims& dims, std::span<const std::int64_t> shape,
                                    std::span<const std::int64_t> axes) {
  const auto rank = static_cast<std::int64_t>(dims.size());
  std::vector<AxisPads> result(dims.size());
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::int64_t given = axes.empty() ? static_cast<std::int64_t>(i) : axes[i];
    const std::int64_t axis = given < 0 ? given + rank : given;
    const std::int64_t growth = shape[i] - dims[axis];
    result[axis] = {growth / 2, growth - growth / 2};
  }
  return result;
}

KeptRange kept_range(const AxisPads& pads, std::int64_t extent) {
  const std::int64_t source = std::max<std::int64_t>(0, -pads.begin);
  const std::int64_t end = extent + std::min<std::int64_t>(0, pads.end);
  return {source, std::max<std::int64_t>(0, pads.begin), std::max<std::int64_t>(0, end - source)};
}

namespace {

std::int64_t modulo(std::int64_t value, std::int64_t divisor) {
  const std::int64_t rest = value % divisor;
  return rest < 0 ? rest + divisor : rest;
}

std::int64_t source_of_constant(std::int64_t position, std::int64_t count) {
  return position >= 0 && position < count ? position : -1;
}

std::int64_t source_of_edge(std::int64_t position, std::int64_t count) {
  return std::clamp<std::int64_t>(position, 0, count - 1);
}

std::int64_t source_of_reflect(std::int64_t position, std::int64_t count) {
  if (count == 1) return 0;
  const std::int64_t period = 2 * (count - 1);
  const std::int64_t folded = modulo(position, period);
  return std::min(folded, period - folded);
}

std::int64_t source_of_wrap(std::int64_t position, std::int64_t count) {
  return modulo(position, count);
}

/// Which of `count` kept elements the position counted from the first of them copies.
struct Mode {
  std::string_view name;
  std::int64_t (*source)(std::int64_t position, std::int64_t count);
};

constexpr Mode kModes[] = {{"constant", source_of_constant},
                           {"edge", source_of_edge},
                           {"reflect", source_of_reflect},
                           {"wrap", source_of_wrap}};

const Mode* find_mode(std::string_view name) {
  const auto* const mode = std::find_if(std::begin(kModes), std::end(kModes),
                                        [&](const Mode& known) { return known.name == name; });
  return mode == std::end(kModes) ? nullptr : mode;
}

}  // namespace

std::vector<std::int64_t> pad_sources(std::string_view mode, const AxisPads& pads,
                                      std::int64_t extent) {
  const Mode* const known = find_mode(mode);
  const KeptRange kept = kept_range(pads, extent);
  std::vector<std::int64_t> sources(
      static_cast<std::size_t>(std::max<std::int64_t>(0, extent + pads.begin + pads.end)));
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const std::int64_t position =
        known->source(static_cast<std::int64_t>(i) - kept.target, kept.count);
    sources[i] = position < 0 ? -1 : kept.source + position;
  }
  return sources;
}

namespace {

Dim padded(const InferContext& context, const Dim& dim, const AxisPads& pads,
           std::string_view mode) {
  for (const std::int64_t pad : {pads.begin, pads.end}) {
    if (pad < -kMaxElements || pad > kMaxElements) {
      context.fail("pad {} is outside [{}, {}]", pad, -kMaxElements, kMaxElements);
    }
  }
  if (pads.begin == 0 && pads.end == 0) return dim;
  if (!dim.is_known()) return {};
  const std::int64_t result = dim.size() + pads.begin + pads.end;
  if (result < 0) {
    context.fail("pads {} and {} remove more than the {} elements of the axis", pads.begin,
                 pads.end, dim.size());
  }
  if (mode != "constant" && result > 0 && kept_range(pads, dim.size()).count == 0) {
    context.fail("mode '{}' needs an element to copy but the axis has {} and pads {} and {}", mode,
                 dim.size(), pads.begin, pads.end);
  }
  return result;
}

/// The axes that are padded, where known; each is checked.
std::optional<std::vector<std::int64_t>> padded_axes(const InferContext& context) {
  const std::int64_t rank = context.rank(0);
  if (!context.has_input(3)) return all_axes_if_empty({}, rank);
  known_length(context, 3);
  const auto axes = known_integers(context, 3);
  return axes ? std::optional(distinct_axes(context, *axes, rank)) : std::nullopt;
}

void infer_pad(InferContext& context) {
  const std::string& mode = context.node().attr_string("mode");
  if (find_mode(mode) == nullptr) {
    context.fail("attribute mode is '{}' but must be 'constant', 'edge', 'reflect' or 'wrap'",
                 mode);
  }
  known_length(context, 1);
  if (context.has_input(2)) known_integer(context, 2);
  if (!context.has_rank(0)) return context.set_output(0, {context.dtype(0), std::nullopt});
  check_element_count(context, context.shape(0));
  const auto pads = known_integers(context, 1);
  const auto axes = padded_axes(context);
  Shape result(context.shape(0).size());
  if (pads && axes) {
    if (pads->size() != 2 * axes->size()) {
      context.fail("input pads has {} entries but must have {}: two for each of the {} padded axes",
                   pads->size(), 2 * axes->size(), axes->size());
    }
    const auto by_axis = axis_pads(*pads, *axes, context.rank(0));
    for (std::size_t i = 0; i < result.size(); ++i) {
      result[i] = padded(context, context.shape(0)[i], by_axis[i], mode);
    }
    check_element_count(context, result);
  }
  context.set_output(0, {context.dtype(0), result});
}

void infer_center_crop_pad(InferContext& context) {
  const auto length = known_length(context, 1);
  const auto wanted = known_elements(context, 1);
  if (!context.has_rank(0)) return context.set_output(0, {context.dtype(0), std::nullopt});
  check_element_count(context, context.shape(0));
  const std::int64_t rank = context.rank(0);
  const auto axes =
      distinct_axes(context, all_axes_if_empty(context.node().attr_ints("axes"), rank), rank);
  if (length && *length != static_cast<std::int64_t>(axes.size())) {
    context.fail("input shape has {} entries but must have one for each of the {} axes", *length,
                 axes.size());
  }
  Shape result = context.shape(0);
  const Shape extents = wanted ? checked_shape(context, *wanted) : Shape(axes.size());
  for (std::size_t i = 0; i < axes.size(); ++i) result[axes[i]] = extents[i];
  check_element_count(context, result);
  context.set_output(0, {context.dtype(0), result});
}

/// Fills the output through one table of sources per axis. `constant` is nullptr for zero.
void pad(const Tensor& data, const std::vector<std::vector<std::int64_t>>& sources,
         const Tensor* constant, Tensor& output) {
  const Dims strides = strides_of(data.dims());
  dispatch_width(data.dtype(), [&]<typename T>() {
    const auto* read = reinterpret_cast<const T*>(data.raw());
    auto* write = reinterpret_cast<T*>(output.raw());
    const T fill = constant == nullptr ? T{} : *reinterpret_cast<const T*>(constant->raw());
    Dims index(sources.size(), 0);
    for (std::int64_t i = 0; i < output.size(); ++i) {
      std::int64_t offset = 0;
      bool is_inside = true;
      for (std::size_t axis = 0; axis < sources.size(); ++axis) {
        const std::int64_t source = sources[axis][index[axis]];
        is_inside = is_inside && source >= 0;
        offset += source * strides[axis];
      }
      write[i] = is_inside ? read[offset] : fill;
      for (std::size_t axis = sources.size(); axis-- > 0;) {
        if (++index[axis] < output.dims()[axis]) break;
        index[axis] = 0;
      }
    }
  });
}

void evaluate_pads(EvaluateContext& context, const Dims& dims, const std::vector<AxisPads>& pads,
                   std::string_view mode, const Tensor* constant) {
  const Tensor& data = context.input(0);
  Tensor& output = context.output(0, data.dtype(), dims);
  std::vector<std::vector<std::int64_t>> sources;
  for (std::size_t i = 0; i < pads.size(); ++i) {
    sources.push_back(pad_sources(mode, pads[i], data.dims()[i]));
  }
  pad(data, sources, constant, output);
}

void evaluate_pad(EvaluateContext& context) {
  const auto pads = context.input(1).to_int64();
  const auto axes =
      context.has_input(3) ? context.input(3).to_int64() : std::vector<std::int64_t>();
  const Tensor* constant = context.has_input(2) ? &context.input(2) : nullptr;
  const Dims dims = inferred_dims(context);
  evaluate_pads(context, dims, axis_pads(pads, axes, context.input(0).rank()),
                context.node().attr_string("mode"), constant);
}

void evaluate_center_crop_pad(EvaluateContext& context) {
  const Dims shape = context.input(1).to_int64();
  const auto& axes = context.node().attr_ints("axes");
  const Dims dims = inferred_dims(context);
  evaluate_pads(context, dims, centered_pads(context.input(0).dims(), shape, axes), "constant",
                nullptr);
}

}  // namespace

std::vector<OpDef> pad() {
  constexpr auto kOptional = Port::Arity::kOptional;
  return {
      {
          .name = "Pad",
          .doc = "Adds elements before and after those of each axis; negative pads remove them. "
                 "Mode constant puts constant_value (0 when missing), edge repeats the outermost "
                 "element, reflect mirrors around it, wrap starts again at the other end.\n"
                 "Shapes: pads [2 k]: k numbers for before, k for after, of the k axes\n"
                 "Source: ONNX Pad-19",
          .since = 19,
          .inputs = {{"data", "T", kAllTypes},
                     {"pads", {}, kInt64Type},
                     {"constant_value", "T", kAllTypes, kOptional},
                     {"axes", "Tind", kIndexTypes, kOptional}},
          .outputs = {{"output", "T", kAllTypes}},
          .attrs = {{"mode", AttrDef::Kind::kString, "constant"}},
          .infer = infer_pad,
          .evaluate = evaluate_pad,
          .widen_half = false,
      },
      {
          .name = "CenterCropPad",
          .doc = "Crops or zero-pads each axis around its centre to the extents in `shape`; odd "
                 "differences go to the end.\n"
                 "Source: ONNX CenterCropPad-18",
          .since = 18,
          .inputs = {{"input_data", "T", kAllTypes}, {"shape", "Tind", kIndexTypes}},
          .outputs = {{"output_data", "T", kAllTypes}},
          .attrs = {{"axes", AttrDef::Kind::kInts}},
          .infer = infer_center_crop_pad,
          .evaluate = evaluate_center_crop_pad,
          .widen_half = false,
      },
  };
}

}  // namespace gatefold::ops
