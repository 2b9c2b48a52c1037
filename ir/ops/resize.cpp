#include "ir/ops/resize.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "ir/dispatch.h"
#include "ir/evaluate.h"
#include "ir/infer.h"
#include "ir/ops/extents.h"
#include "ir/ops/ops.h"

namespace gatefold::ops {
namespace {

enum Inputs : std::uint8_t { kX, kRoi, kScales, kSizes };

/// The attributes that name one of a few modes.
struct Choice {
  std::string_view attribute;
  std::vector<std::string_view> names;
};

const std::vector<Choice>& choices() {
  static const std::vector<Choice> list = {
      {"mode", {"nearest", "linear", "cubic"}},
      {"coordinate_transformation_mode",
       {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric",
        "tf_crop_and_resize", "tf_half_pixel_for_nn"}},
      {"nearest_mode", {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"}},
      {"keep_aspect_ratio_policy", {"stretch", "not_larger", "not_smaller"}},
  };
  return list;
}

void check_attributes(const InferContext& context) {
  for (const Choice& choice : choices()) {
    const std::string& name = context.node().attr_string(choice.attribute);
    if (std::find(choice.names.begin(), choice.names.end(), name) == choice.names.end()) {
      context.fail("attribute {} is '{}' but must be one of {}", choice.attribute, name,
                   fmt::join(choice.names, ", "));
    }
  }
}

/// An input with no elements counts as missing.
bool is_given(const InferContext& context, std::size_t index) {
  return context.has_input(index) && known_length(context, index) != 0;
}

void check_length(const InferContext& context, std::size_t index, std::size_t expected) {
  const auto length = known_length(context, index);
  if (length && *length != static_cast<std::int64_t>(expected)) {
    context.fail("{} has {} entries but must have {}", context.name_of_input(index), *length,
                 expected);
  }
}

void scale_extents(const InferContext& context, const std::vector<std::int64_t>& axes,
                   Shape& result) {
  const Tensor* scales = context.value(kScales);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const float scale =
        scales == nullptr ? 1 : static_cast<float>(scales->number_at(static_cast<std::int64_t>(i)));
    if (!(scale > 0)) context.fail("scale {} is {} but must be positive", i, scale);
    Dim& dim = result[axes[i]];
    if (scales == nullptr || (!dim.is_known() && scale != 1)) {
      dim = Dim();
    } else if (dim.is_known()) {
      const float extent = std::floor(static_cast<float>(dim.size()) * scale);
      constexpr auto kLimit = static_cast<float>(kMaxElements);
      dim = static_cast<std::int64_t>(std::min(extent, 2 * kLimit));
    }
  }
}

void fit_extents(const InferContext& context, const std::vector<std::int64_t>& axes,
                 Shape& result) {
  const auto sizes = known_elements(context, kSizes);
  const Shape wanted = sizes ? checked_shape(context, *sizes) : Shape(axes.size());
  const std::string& policy = context.node().attr_string("keep_aspect_ratio_policy");
  std::vector<double> ratios;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const Dim& dim = result[axes[i]];
    if (wanted[i].is(0)) context.fail("size {} is 0 but must be positive", i);
    if (dim.is_known() && wanted[i].is_known()) {
      ratios.push_back(static_cast<double>(wanted[i].size()) / static_cast<double>(dim.size()));
    }
  }
  const bool is_known = ratios.size() == axes.size() && !ratios.empty();
  for (std::size_t i = 0; i < axes.size(); ++i) {
    Dim& dim = result[axes[i]];
    if (policy == "stretch") {
      dim = wanted[i];
    } else if (!is_known) {
      dim = Dim();
    } else {
      const double scale = policy == "not_larger" ? *std::min_element(ratios.begin(), ratios.end())
                                                  : *std::max_element(ratios.begin(), ratios.end());
      const double extent = std::floor(scale * static_cast<double>(dim.size()) + 0.5);
      dim = static_cast<std::int64_t>(std::min(extent, 2.0 * kMaxElements));
    }
  }
}

void infer(InferContext& context) {
  check_attributes(context);
  if (is_given(context, kScales) == is_given(context, kSizes)) {
    context.fail("exactly one of the inputs scales and sizes must be given");
  }
  if (!context.has_rank(kX)) return context.set_output(0, {context.dtype(kX), std::nullopt});
  const std::int64_t rank = context.rank(kX);
  check_element_count(context, context.shape(kX));
  const auto axes =
      distinct_axes(context, all_axes_if_empty(context.node().attr_ints("axes"), rank), rank);
  const bool has_scales = is_given(context, kScales);
  check_length(context, has_scales ? kScales : kSizes, axes.size());
  if (context.node().attr_string("coordinate_transformation_mode") == "tf_crop_and_resize") {
    if (!is_given(context, kRoi)) {
      context.fail("coordinate_transformation_mode 'tf_crop_and_resize' needs input roi");
    }
    check_length(context, kRoi, 2 * axes.size());
  }
  Shape result = context.shape(kX);
  for (const std::int64_t axis : axes) {
    if (result[axis].is(0)) context.fail("axis {} has no elements to resize", axis);
  }
  if (has_scales) {
    scale_extents(context, axes, result);
  } else {
    fit_extents(context, axes, result);
  }
  check_element_count(context, result);
  context.set_output(0, {context.dtype(kX), result});
}

/// Resizes axis after axis in the element type T.
template <typename T>
Tensor resized(Tensor tensor, const std::vector<ResizeAxis>& axes) {
  for (const ResizeAxis& axis : axes) {
    Dims dims = tensor.dims();
    const std::int64_t extent = dims[axis.axis];
    const std::int64_t inner = element_count(Dims(dims.begin() + axis.axis + 1, dims.end()));
    const std::int64_t outer = element_count(Dims(dims.begin(), dims.begin() + axis.axis));
    dims[axis.axis] = static_cast<std::int64_t>(axis.indices.size()) / axis.taps;
    Tensor next(tensor.dtype(), dims);
    resize_axis(axis, axis.weights, outer, extent, inner, reinterpret_cast<const T*>(tensor.raw()),
                reinterpret_cast<T*>(next.raw()));
    tensor = next;
  }
  return tensor;
}

/// Puts `value` wherever the position along one of the axes lies outside the input.
void extrapolate(const std::vector<ResizeAxis>& axes, const Tensor& value, Tensor& tensor) {
  dispatch_width(tensor.dtype(), [&]<typename T>() {
    auto* elements = reinterpret_cast<T*>(tensor.raw());
    const T fill = *reinterpret_cast<const T*>(value.raw());
    for (const ResizeAxis& axis : axes) {
      const Dims& dims = tensor.dims();
      const std::int64_t inner = element_count(Dims(dims.begin() + axis.axis + 1, dims.end()));
      const std::int64_t outer = element_count(Dims(dims.begin(), dims.begin() + axis.axis));
      for (std::int64_t o = 0; o < outer; ++o) {
        for (const std::int64_t position : axis.outside) {
          std::fill_n(elements + (o * dims[axis.axis] + position) * inner, inner, fill);
        }
      }
    }
  });
}

ResizeInputs numbers(const EvaluateContext& context) {
  ResizeInputs inputs;
  const auto read = [&](std::size_t index, auto& list) {
    if (!context.has_input(index)) return;
    const Tensor& tensor = context.input(index);
    for (std::int64_t i = 0; i < tensor.size(); ++i) {
      list.push_back(
          static_cast<typename std::decay_t<decltype(list)>::value_type>(tensor.number_at(i)));
    }
  };
  read(kRoi, inputs.roi);
  read(kScales, inputs.scales);
  read(kSizes, inputs.sizes);
  return inputs;
}

void evaluate(EvaluateContext& context) {
  const Tensor& X = context.input(kX);
  const Dims dims = inferred_dims(context);
  const auto axes = resize_axes(context.node(), numbers(context), X.dims(), dims);
  Tensor result;
  if (context.node().attr_string("mode") == "nearest") {
    dispatch_width(X.dtype(), [&]<typename T>() { result = resized<T>(X, axes); });
  } else {
    result = resized<double>(X.converted(DataType::kFloat64), axes).converted(X.dtype());
  }
  const Tensor value = Tensor::scalar(context.node().attr_float("extrapolation_value"));
  Tensor& Y = context.output(0, X.dtype(), dims);
  std::copy_n(result.raw(), result.bytes(), Y.raw());
  extrapolate(axes, value.converted(X.dtype()), Y);
}

}  // namespace

std::vector<OpDef> resize() {
  using Kind = AttrDef::Kind;
  constexpr auto kOptional = Port::Arity::kOptional;
  return {{
      .name = "Resize",
      .doc = "Resamples axes to other extents: scales times as long, or of the given sizes. Mode "
             "nearest copies an element; linear and cubic weigh neighbours, one axis after the "
             "other, over a wider range when shrinking with antialias = 1.\n"
             "Shapes: scales, sizes [k], roi [2 k] for the k axes named (all without axes)\n"
             "Formula: coordinate_transformation_mode says where output position x lies in the "
             "input, half_pixel for example at (x + 0.5) / scale - 0.5. tf_half_pixel_for_nn, at "
             "(x + 0.5) / scale, is of opsets 11 and 12: such nodes run but cannot be written.\n"
             "Source: ONNX Resize-19",
      .since = 19,
      .inputs = {{"X", "T1", kAllTypes},
                 {"roi", {}, kFloatTypes, kOptional},
                 {"scales", {}, DataTypeSet(DataType::kFloat32, DataType::kFloat64), kOptional},
                 {"sizes", {}, kInt64Type, kOptional}},
      .outputs = {{"Y", "T1", kAllTypes}},
      .attrs = {{"antialias", Kind::kInt, 0},
                {"axes", Kind::kInts},
                {"coordinate_transformation_mode", Kind::kString, "half_pixel"},
                {"cubic_coeff_a", Kind::kFloat, -0.75F},
                {"exclude_outside", Kind::kInt, 0},
                {"extrapolation_value", Kind::kFloat, 0.0F},
                {"keep_aspect_ratio_policy", Kind::kString, "stretch"},
                {"mode", Kind::kString, "nearest"},
                {"nearest_mode", Kind::kString, "round_prefer_floor"}},
      .infer = infer,
      .evaluate = evaluate,
      .widen_half = false,
  }};
}

}  // namespace gatefold::ops
