#include <algorithm>
#include <optional>

#include "ir/error.h"
#include "ir/ops/conv.h"
#include "passes/gradients/formula.h"
#include "passes/gradients/gradient_table.h"
#include "passes/gradients/open_windows.h"

/// Conv and ConvTranspose: the gradient of each is made of the other.
namespace gatefold::gradients {
namespace {

/// How windows lie along the spatial axes; `begin` and `end` are the padding.
struct Placement {
  std::optional<Dims> kernel;
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

Placement with_pads(Placement placement, const Windows& windows) {
  const std::size_t axes = placement.strides.size();
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

/// Nothing where extents that are known at run time only decide on the padding.
std::optional<Placement> placement_of(const Node& node) {
  const auto axes = static_cast<std::size_t>(known_rank(node, 0) - 2);
  const WindowAttrs attrs = read_window_attrs(node, axes);
  Placement placement{attrs.kernel, attrs.strides, attrs.dilations, attrs.pads_begin,
                      attrs.pads_end};
  known_rank(node, 1);
  if (attrs.kernel.empty()) placement.kernel = spatial_extents(*node.input(1));
  const bool has_stated_output = !node.attr_ints("output_shape").empty();
  if (!are_placed_by_extents(attrs) && !has_stated_output) return placement;
  auto spatial = spatial_extents(*node.input(0));
  const bool is_transposed = node.op().name == "ConvTranspose";
  // The padding of a ConvTranspose depends on extents that are stated only.
  if (is_transposed && !has_stated_output && !spatial) spatial = Dims(axes, 1);
  if (!spatial || !placement.kernel) return std::nullopt;
  const Dims x = with_unit_channels(*spatial);
  const Dims w = with_unit_channels(*placement.kernel);
  return with_pads(placement, is_transposed ? conv_transpose_extents(node, x, w).windows
                                            : place_windows(node, x, *placement.kernel));
}

Dims pads(const Dims& begin, const Dims& end) {
  Dims both = begin;
  both.insert(both.end(), end.begin(), end.end());
  return both;
}

Attrs window_attrs(const Node& node, const Placement& placement) {
  return {{"group", node.attr_int("group")},
          {"strides", placement.strides},
          {"dilations", placement.dilations},
          {"pads", pads(placement.begin, placement.end)}};
}

/// Spatial axes get the extents of `like`: elements are cut off behind, or zeros added.
Value* fit_spatial(GradientBuilder& g, Value* value, Value& like) {
  if (spatial_extents(*value) && spatial_extents(*value) == spatial_extents(like)) return value;
  const Term missing = Term(g, spatial_of(g, like)) - Term(g, spatial_of(g, *value));
  const auto axes = static_cast<std::size_t>(like.type().rank() - 2);
  return pad_spatially(g, value, axes, {g.add_ints(Dims(axes, 0)), missing});
}

/// Spreads `elements`, one per window, over the windows on `target`, weighted by `w`.
Value* spread(GradientBuilder& g, const Node& node, const Placement& placement, Value* elements,
              Value* w, Value& target) {
  const std::size_t axes = placement.strides.size();
  Dims behind(axes, 0);
  Dims missing(axes, 0);
  const auto counts = spatial_extents(*elements);
  const auto extents = spatial_extents(target);
  const bool is_known = counts && extents && placement.kernel;
  for (std::size_t i = 0; is_known && i < axes; ++i) {
    const std::int64_t span = ((*placement.kernel)[i] - 1) * placement.dilations[i] + 1;
    const std::int64_t covered =
        ((*counts)[i] - 1) * placement.strides[i] + span - placement.begin[i];
    behind[i] = std::max<std::int64_t>(covered - (*extents)[i], 0);
    missing[i] = std::max<std::int64_t>((*extents)[i] - covered, 0);
  }
  Attrs attrs = window_attrs(node, placement);
  attrs["pads"] = pads(placement.begin, behind);
  attrs["output_padding"] = missing;
  return fit_spatial(g, g.add("ConvTranspose", {elements, w}, attrs), target);
}

/// The sums over windows on `x`, weighted by `w`, as many as `target` has elements.
Value* gather(GradientBuilder& g, const Node& node, const Placement& placement, Value* x, Value* w,
              Value& target) {
  return fit_spatial(g, g.add("Conv", {x, w}, window_attrs(node, placement)), target);
}

/// The weights' gradient of a Conv that makes gradients dY of X.
Value* weight_gradient(GradientBuilder& g, const Node& node, const Placement& placement, Value* x,
                       Value* dY) {
  return g.add("ConvWeightGrad", {x, dY, g.shape_of(*node.input(1))}, window_attrs(node, placement),
               kGatefoldDomain);
}

Value* bias_gradient(GradientBuilder& g, Value* dY) {
  std::vector<std::int64_t> axes = axes_between(2, dY->type().rank());
  axes.insert(axes.begin(), 0);
  return g.add("ReduceSum", {dY, g.add_ints(axes)}, {{"keepdims", std::int64_t{0}}});
}

Attrs without_padding(const Node& node) {
  Attrs attrs = node.attrs();
  for (const char* name : {"auto_pad", "pads", "output_shape"}) attrs.erase(name);
  return attrs;
}

// The node on an X that is known to have as many axes as W.
std::vector<Value*> with_rank_of_weights(GradientBuilder& g, const Node& node) {
  Value* extents = g.add("Gather", {g.add("Shape", {node.input(0)}),
                                    g.add_ints(axes_between(0, known_rank(node, 1)))});
  std::vector<Value*> inputs = node.inputs();
  inputs[0] = g.add("Reshape", {inputs[0], extents}, {{"allowzero", std::int64_t{1}}});
  return {g.add(node.op().name, inputs, node.attrs())};
}

// Conv whose padding is known at run time only: of X with that padding around it.
std::vector<Value*> padded_conv(GradientBuilder& g, const Node& node) {
  const auto axes = static_cast<std::size_t>(known_rank(node, 0) - 2);
  const WindowAttrs attrs = read_window_attrs(node, axes);
  Value* kernel = attrs.kernel.empty() ? spatial_of(g, *node.input(1)) : g.add_ints(attrs.kernel);
  std::vector<Value*> inputs = node.inputs();
  inputs[0] = pad_spatially(g, inputs[0], axes, open_padding(g, node, attrs, kernel));
  return {g.add("Conv", inputs, without_padding(node))};
}

// ConvTranspose of a stated extent: all of what the windows reach, cut to it; then the bias, which
// also fills what no window reaches.
std::vector<Value*> cut_conv_transpose(GradientBuilder& g, const Node& node) {
  const std::int64_t rank = known_rank(node, 0);
  const Term all(g, g.add("ConvTranspose", {node.input(0), node.input(1)}, without_padding(node)));
  const Term surplus =
      Term(g, spatial_of(g, *all.value())) - Term(g, spatial_of(g, *node.output()));
  const Term total = surplus.apply("Max", surplus.number(0));
  const bool is_upper = node.attr_string("auto_pad") == "SAME_UPPER";
  const Term begin = (is_upper ? total : total + 1) / 2;
  const auto axes = static_cast<std::size_t>(rank - 2);
  const Term y(g, pad_spatially(g, all, axes, {-begin, begin - surplus}));
  if (node.input(2) == nullptr) return {y};
  return {y + Term(g, node.input(2)).apply("Unsqueeze", g.add_ints(axes_between(1, rank - 1)))};
}

// Forward:  Y = Conv(X, W) + B
// Backward: dX = ConvTranspose(dY, W), dW = ConvWeightGrad(X, dY), dB = sum(dY)
Gradients conv(GradientBuilder& g, Node& node, const Gradients& dY) {
  if (!node.input(0)->type().has_rank()) {
    return differentiate_formula(g, node, dY, with_rank_of_weights);
  }
  const auto found = placement_of(node);
  if (!found) return differentiate_formula(g, node, dY, padded_conv);
  const Placement& placement = *found;
  Gradients dX(3);
  if (g.wants(node, 0)) {
    dX[0] = spread(g, node, placement, dY[0], node.input(1), *node.input(0));
  }
  if (g.wants(node, 1)) dX[1] = weight_gradient(g, node, placement, node.input(0), dY[0]);
  if (g.wants(node, 2)) dX[2] = bias_gradient(g, dY[0]);
  return dX;
}

// Forward:  Y = ConvTranspose(X, W) + B
// Backward: dX = Conv(dY, W), dW = ConvWeightGrad(dY, X), dB = sum(dY)
Gradients conv_transpose(GradientBuilder& g, Node& node, const Gradients& dY) {
  if (!node.input(0)->type().has_rank()) {
    return differentiate_formula(g, node, dY, with_rank_of_weights);
  }
  const auto found = placement_of(node);
  if (!found) return differentiate_formula(g, node, dY, cut_conv_transpose);
  const Placement& placement = *found;
  Gradients dX(3);
  if (g.wants(node, 0)) {
    dX[0] = gather(g, node, placement, dY[0], node.input(1), *node.input(0));
  }
  if (g.wants(node, 1)) dX[1] = weight_gradient(g, node, placement, dY[0], node.input(0));
  if (g.wants(node, 2)) dX[2] = bias_gradient(g, dY[0]);
  return dX;
}

// Forward:  dW = ConvWeightGrad(X, dY)
// Backward: with D the gradient of dW, that of X is ConvTranspose(dY, D), and that of dY Conv(X, D)
Gradients conv_weight_grad(GradientBuilder& g, Node& node, const Gradients& d) {
  const auto axes = static_cast<std::size_t>(known_rank(node, 0) - 2);
  const WindowAttrs attrs = read_window_attrs(node, axes);
  known_rank(node, 1);
  const Placement placement{
      node.output()->type().has_rank() ? spatial_extents(*node.output()) : std::nullopt,
      attrs.strides, attrs.dilations, attrs.pads_begin, attrs.pads_end};
  Gradients dX(2);
  if (g.wants(node, 0)) {
    dX[0] = spread(g, node, placement, node.input(1), d[0], *node.input(0));
  }
  if (g.wants(node, 1)) {
    dX[1] = gather(g, node, placement, node.input(0), d[0], *node.input(1));
  }
  return dX;
}

}  // namespace

std::vector<GradientEntry> convolutions() {
  return {{.op = "Conv", .rule = conv},
          {.op = "ConvTranspose", .rule = conv_transpose},
          {.op = "ConvWeightGrad", .domain = kGatefoldDomain, .rule = conv_weight_grad}};
}

}  // namespace gatefold::gradients
