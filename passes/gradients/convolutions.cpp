#include <algorithm>
#include <optional>

#include "ir/error.h"
#include "ir/ops/conv.h"
#include "passes/gradients/formula.h"
#include "passes/gradients/gradient_table.h"

/// Conv and ConvTranspose: the gradient of each is made of the other.
namespace gatefold::gradients {
namespace {

/// How windows lie along the spatial axes; `begin` and `end` are the padding.
struct Placement {
  Dims kernel;
  Dims strides;
  Dims dilations;
  Dims begin;
  Dims end;
};

std::optional<Dims> spatial_extents(const Value& value) {
  const Type& type = value.type();
  Dims extents;
  for (std::int64_t axis = 2; axis < type.rank(); ++axis) {
    const Dim& dim = (*type.shape)[axis];
    if (!dim.is_known()) return std::nullopt;
    extents.push_back(dim.size());
  }
  return extents;
}

[[noreturn]] void fail_unknown(const Node& node, std::string_view what) {
  fail("{} cannot be differentiated: {} must be known", node.describe(), what);
}

Placement with_pads(Placement placement, const Windows& windows) {
  const std::size_t axes = placement.kernel.size();
  for (std::size_t i = 0; i < axes; ++i) {
    placement.begin[i] = windows[kMaxSpatialAxes - axes + i].pad_begin;
    placement.end[i] = windows[kMaxSpatialAxes - axes + i].pad_end;
  }
  return placement;
}

Dims with_unit_channels(const Dims& spatial) {
  Dims dims{1, 1};
  dims.insert(dims.end(), spatial.begin(), spatial.end());
  return dims;
}

/// Where X's extents decide on the padding, they must be known.
Placement placement_of(const Node& node) {
  const auto axes = static_cast<std::size_t>(known_rank(node, 0) - 2);
  const WindowAttrs attrs = read_window_attrs(node, axes);
  Placement placement{attrs.kernel, attrs.strides, attrs.dilations, attrs.pads_begin,
                      attrs.pads_end};
  if (placement.kernel.empty()) {
    known_rank(node, 1);
    const auto kernel = spatial_extents(*node.input(1));
    if (!kernel) fail_unknown(node, "the spatial extents of W");
    placement.kernel = *kernel;
  }
  const bool has_stated_output = !node.attr_ints("output_shape").empty();
  const bool is_explicit = attrs.auto_pad == WindowAttrs::AutoPad::kNotSet ||
                           attrs.auto_pad == WindowAttrs::AutoPad::kValid;
  if (is_explicit && !has_stated_output) return placement;
  const auto spatial = spatial_extents(*node.input(0));
  if (!spatial) fail_unknown(node, "the spatial extents of X");
  const Dims x = with_unit_channels(*spatial);
  const Dims w = with_unit_channels(placement.kernel);
  return with_pads(placement, node.op().name == "Conv"
                                  ? place_windows(node, x, placement.kernel)
                                  : conv_transpose_extents(node, x, w).windows);
}

Attrs window_attrs(const Node& node, const Placement& placement) {
  return {{"group", node.attr_int("group")},
          {"strides", placement.strides},
          {"dilations", placement.dilations}};
}

Dims pads(const Dims& begin, const Dims& end) {
  Dims both = begin;
  both.insert(both.end(), end.begin(), end.end());
  return both;
}

/// The extents of a value's spatial axes as a list of int64.
Value* spatial_of(GradientBuilder& g, Value& value) {
  const auto known = spatial_extents(value);
  return known ? g.add_ints(*known) : g.add("Shape", {&value}, {{"start", std::int64_t{2}}});
}

/// Spatial axes get the extents of `like`: elements are cut off behind, or zeros added.
Value* fit_spatial(GradientBuilder& g, Value* value, Value& like) {
  if (spatial_extents(*value) && spatial_extents(*value) == spatial_extents(like)) return value;
  const auto axes = like.type().rank() - 2;
  const Term missing = Term(g, spatial_of(g, like)) - Term(g, spatial_of(g, *value));
  Value* all = g.add("Concat", {g.add_ints(Dims(axes, 0)), missing}, {{"axis", std::int64_t{0}}});
  return g.add("Pad", {value, all, nullptr, g.add_ints(axes_between(2, axes + 2))});
}

/// Spreads `elements`, one per window, over the windows on `target`.
Value* spread(GradientBuilder& g, const Node& node, const Placement& placement, Value* elements,
              Value& target) {
  const std::size_t axes = placement.kernel.size();
  Dims behind(axes, 0);
  Dims missing(axes, 0);
  const auto counts = spatial_extents(*elements);
  const auto extents = spatial_extents(target);
  for (std::size_t i = 0; counts && extents && i < axes; ++i) {
    const std::int64_t span = (placement.kernel[i] - 1) * placement.dilations[i] + 1;
    const std::int64_t covered =
        ((*counts)[i] - 1) * placement.strides[i] + span - placement.begin[i];
    behind[i] = std::max<std::int64_t>(covered - (*extents)[i], 0);
    missing[i] = std::max<std::int64_t>((*extents)[i] - covered, 0);
  }
  Attrs attrs = window_attrs(node, placement);
  attrs["pads"] = pads(placement.begin, behind);
  attrs["output_padding"] = missing;
  return fit_spatial(g, g.add("ConvTranspose", {elements, node.input(1)}, attrs), target);
}

/// [A,B,..] -> [B,A,..]; with groups [A,G*B,..] -> [B,G*A,..].
Value* exchange_channels(GradientBuilder& g, Value* value, std::int64_t groups) {
  const std::int64_t rank = value->type().rank();
  if (groups == 1) {
    std::vector<std::int64_t> perm = axes_between(0, rank);
    std::swap(perm[0], perm[1]);
    return g.add("Transpose", {value}, {{"perm", perm}});
  }
  const Attrs along_first{{"axis", std::int64_t{0}}};
  Value* batch = g.add("Shape", {value}, {{"end", std::int64_t{1}}});
  Value* spatial = spatial_of(g, *value);
  const auto reshape = [&](Value* from, const std::vector<Value*>& extents) {
    return g.add("Reshape", {from, g.add("Concat", extents, along_first)});
  };
  Value* apart = reshape(value, {batch, g.add_ints({groups, -1}), spatial});
  std::vector<std::int64_t> perm = axes_between(0, rank + 1);
  std::swap(perm[0], perm[2]);
  Value* turned = g.add("Transpose", {apart}, {{"perm", perm}});
  Value* channels = g.add("Shape", {turned}, {{"end", std::int64_t{1}}});
  return reshape(turned, {channels, g.add_ints({-1}), spatial});
}

/// dW of Y = Conv(X, W): a convolution over X, batch and channels exchanged, whose windows are as
/// large as dY; strides and dilations are exchanged as well. Taps behind the last one of W, for
/// which X may have room, are cut off.
Value* weight_gradient(GradientBuilder& g, const Node& node, const Placement& placement, Value* x,
                       Value* dY) {
  const std::int64_t groups = node.attr_int("group");
  Value* dW = g.add("Conv", {exchange_channels(g, x, groups), exchange_channels(g, dY, 1)},
                    {{"group", groups},
                     {"strides", placement.dilations},
                     {"dilations", placement.strides},
                     {"pads", pads(placement.begin, placement.end)}});
  return fit_spatial(g, exchange_channels(g, dW, 1), *node.input(1));
}

Value* bias_gradient(GradientBuilder& g, Value* dY) {
  std::vector<std::int64_t> axes = axes_between(2, dY->type().rank());
  axes.insert(axes.begin(), 0);
  return g.add("ReduceSum", {dY, g.add_ints(axes)}, {{"keepdims", std::int64_t{0}}});
}

// Forward:  Y = Conv(X, W) + B
// Backward: dX = ConvTranspose(dY, W), dW = Conv(X, dY) with batch and channels exchanged,
//           dB = sum(dY)
Gradients conv(GradientBuilder& g, Node& node, const Gradients& dY) {
  const Placement placement = placement_of(node);
  Gradients dX(3);
  if (g.wants(node, 0)) dX[0] = spread(g, node, placement, dY[0], *node.input(0));
  if (g.wants(node, 1)) dX[1] = weight_gradient(g, node, placement, node.input(0), dY[0]);
  if (g.wants(node, 2)) dX[2] = bias_gradient(g, dY[0]);
  return dX;
}

// Forward:  Y = ConvTranspose(X, W) + B
// Backward: dX = Conv(dY, W), dW as that of Conv with the roles of X and dY exchanged, dB = sum(dY)
Gradients conv_transpose(GradientBuilder& g, Node& node, const Gradients& dY) {
  const Placement placement = placement_of(node);
  Gradients dX(3);
  if (g.wants(node, 0)) {
    Attrs attrs = window_attrs(node, placement);
    attrs["pads"] = pads(placement.begin, placement.end);
    Value* all = g.add("Conv", {dY[0], node.input(1)}, attrs);
    dX[0] = fit_spatial(g, all, *node.input(0));
  }
  if (g.wants(node, 1)) dX[1] = weight_gradient(g, node, placement, dY[0], node.input(0));
  if (g.wants(node, 2)) dX[2] = bias_gradient(g, dY[0]);
  return dX;
}

}  // namespace

std::vector<GradientRow> convolutions() {
  return {{.op = "Conv", .rule = conv}, {.op = "ConvTranspose", .rule = conv_transpose}};
}

}  // namespace gatefold::gradients
