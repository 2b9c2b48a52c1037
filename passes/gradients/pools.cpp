#include <algorithm>
#include <optional>

#include "ir/error.h"
#include "ir/ops/spatial_window.h"
#include "passes/gradients/formula.h"
#include "passes/gradients/gradient_table.h"
#include "passes/gradients/open_windows.h"
#include "passes/gradients/scatter_back.h"

namespace gatefold::gradients {
namespace {

// Forward:  Y = X at Indices, the largest elements of the windows
// Backward: dX = dY added at Indices
Gradients max_pool(GradientBuilder& g, Node& node, const Gradients& dY) {
  if (dY[0] == nullptr) return {};
  const Node* forward = &node;
  if (node.output(1) == nullptr || node.attr_int("storage_order") != 0) {
    Attrs attrs = node.attrs();
    attrs.erase("storage_order");
    forward = g.add_node_before(node, "MaxPool", node.inputs(), 2, attrs);
    g.graph().replace_all_uses(node.output(), forward->output());
  }
  return {add_at(g, *node.input(0), forward->output(1), dY[0])};
}

Gradients max_unpool(GradientBuilder& g, Node& node, const Gradients& dY) {
  if (node.input(2) != nullptr) {
    fail("{} cannot be differentiated: it states its output_shape; leave that away",
         node.describe());
  }
  return {g.add("Gather", {g.add("Reshape", {dY[0], g.add_ints({-1})}), node.input(1)})};
}

/// Windows over the spatial axes of input 0.
struct Windowing {
  WindowAttrs attrs;
  std::vector<AxisWindow> axes;  ///< Empty when the extents are not known.
};

Windowing windowing_of(const Node& node) {
  const std::size_t count = node.attr_ints("kernel_shape").size();
  const Shape x = node.input(0)->type().shape.value_or(Shape(count + 2));
  Windowing windowing{read_window_attrs(node, count), {}};
  const WindowAttrs& attrs = windowing.attrs;
  const bool is_known =
      std::all_of(x.begin() + 2, x.end(), [](const Dim& dim) { return dim.is_known(); });
  for (std::size_t i = 0; is_known && i < count; ++i) {
    windowing.axes.push_back(place_window(node, attrs, i, x[i + 2].size(), attrs.kernel[i]));
  }
  return windowing;
}

/// The sums of the windows of a plane [N,1,s..] as a convolution with ones.
Value* convolve_with_ones(GradientBuilder& g, const WindowAttrs& attrs, const Term& plane,
                          const Dims& pads) {
  Dims window{1, 1};
  window.insert(window.end(), attrs.kernel.begin(), attrs.kernel.end());
  const std::vector<double> ones(element_count(window), 1);
  Value* weights = g.add_constant(
      "ones", Tensor::of<double>(window, std::span(ones)).converted(plane.value()->type().dtype));
  return g.add("Conv", {plane, weights},
               {{"strides", attrs.strides}, {"dilations", attrs.dilations}, {"pads", pads}});
}

bool is_open(const Windowing& windowing) {
  return windowing.axes.empty() && are_placed_by_extents(windowing.attrs);
}

/// The sum of every window of a value [N,C,s..], each plane for itself.
Term sum_windows(GradientBuilder& g, const Node& node, const Windowing& windowing, Term x) {
  const WindowAttrs& attrs = windowing.attrs;
  Dims pads = attrs.pads_begin;
  Dims pads_end = attrs.pads_end;
  for (std::size_t i = 0; i < windowing.axes.size(); ++i) {
    const AxisWindow& axis = windowing.axes[i];
    pads[i] = axis.pad_begin;
    pads_end[i] = std::max<std::int64_t>(
        (axis.output - 1) * axis.stride + axis.span() - axis.input - axis.pad_begin, 0);
  }
  pads.insert(pads.end(), pads_end.begin(), pads_end.end());
  if (is_open(windowing)) {
    pads.assign(pads.size(), 0);
    x = {g, pad_spatially(g, x, attrs.kernel.size(),
                          open_padding(g, node, attrs, g.add_ints(attrs.kernel)))};
  }
  Value* spatial = g.add("Shape", {x}, {{"start", std::int64_t{2}}});
  Value* planes = g.add("Concat", {g.add_ints({-1, 1}), spatial}, {{"axis", std::int64_t{0}}});
  Value* sums = convolve_with_ones(g, attrs, x.apply("Reshape", planes), pads);
  return {g, g.reshape_like(*sums, *node.output())};
}

/// How many elements each window averages, along one axis.
std::vector<double> tap_counts(const AxisWindow& axis, bool counts_padding) {
  std::vector<double> counts;
  for (std::int64_t o = 0; o < axis.output; ++o) {
    const Range inside = axis.taps_of(o);
    counts.push_back(
        static_cast<double>(counts_padding ? axis.padded_taps_of(o) : inside.end - inside.begin));
  }
  return counts;
}

/// The same for all windows, in extents that broadcast against Y.
Tensor known_counts(const Windowing& windowing, bool counts_padding) {
  Dims dims;
  std::vector<double> counts{1};
  for (const AxisWindow& axis : windowing.axes) {
    std::vector<double> products;
    for (const double before : counts) {
      for (const double count : tap_counts(axis, counts_padding))
        products.push_back(before * count);
    }
    counts = std::move(products);
    dims.push_back(axis.output);
  }
  return Tensor::of<double>(dims, std::span<const double>(counts));
}

/// The same at run time: the sums of the windows of a plane of ones.
Value* open_counts(GradientBuilder& g, const Node& node, const WindowAttrs& attrs,
                   bool counts_padding) {
  Term one(g, g.add_scalar(1, *node.input(0)));
  Value* extents = g.add("Concat", {g.add_ints({1, 1}), spatial_of(g, *node.input(0))},
                         {{"axis", std::int64_t{0}}});
  Term plane = one.apply("Expand", extents);
  OpenPadding padding = open_padding(g, node, attrs, g.add_ints(attrs.kernel));
  if (counts_padding) {
    const bool is_stated = attrs.auto_pad == WindowAttrs::AutoPad::kNotSet ||
                           attrs.auto_pad == WindowAttrs::AutoPad::kValid;
    const Term counted(g, is_stated ? g.add_ints(attrs.pads_end) : padding.end);
    plane = {g, pad_spatially(g, plane, attrs.kernel.size(), {padding.begin, counted}, one)};
    const Term rest = Term(g, padding.end) - counted;
    padding = {g.add_ints(Dims(attrs.kernel.size(), 0)), rest.apply("Max", rest.number(0))};
  }
  plane = {g, pad_spatially(g, plane, attrs.kernel.size(), padding)};
  return convolve_with_ones(g, attrs, plane, Dims(2 * attrs.kernel.size(), 0));
}

Value* window_counts(GradientBuilder& g, const Node& node, const Windowing& windowing) {
  const WindowAttrs& attrs = windowing.attrs;
  const DataType dtype = node.input(0)->type().dtype;
  const bool counts_padding = node.attr_int("count_include_pad") != 0;
  if (!windowing.axes.empty()) {
    return g.add_constant("counts", known_counts(windowing, counts_padding).converted(dtype));
  }
  const auto is_zero = [](std::int64_t pad) { return pad == 0; };
  const bool has_pads = !std::all_of(attrs.pads_begin.begin(), attrs.pads_begin.end(), is_zero) ||
                        !std::all_of(attrs.pads_end.begin(), attrs.pads_end.end(), is_zero);
  if (is_open(windowing) || (has_pads && !counts_padding)) {
    return open_counts(g, node, attrs, counts_padding);
  }
  return g.add_scalar(static_cast<double>(element_count(attrs.kernel)), *node.input(0));
}

std::vector<Value*> average_pool(GradientBuilder& g, const Node& node) {
  const Windowing windowing = windowing_of(node);
  const Term sums = sum_windows(g, node, windowing, Term(g, node.input(0)));
  return {sums / Term(g, window_counts(g, node, windowing))};
}

Term power(const Term& x, double exponent) { return x.apply("Pow", x.number(exponent)); }

std::vector<Value*> lp_pool(GradientBuilder& g, const Node& node) {
  const auto p = static_cast<double>(node.attr_int("p"));
  const Term powers = power(Term(g, node.input(0)).apply("Abs"), p);
  return {power(sum_windows(g, node, windowing_of(node), powers), 1 / p)};
}

std::vector<std::int64_t> spatial_axes(const Node& node) {
  return axes_between(2, known_rank(node, 0));
}

std::vector<Value*> global_average(GradientBuilder& g, const Node& node) {
  return {reduced("ReduceMean", Term(g, node.input(0)), spatial_axes(node))};
}

std::vector<Value*> global_max(GradientBuilder& g, const Node& node) {
  return {reduced("ReduceMax", Term(g, node.input(0)), spatial_axes(node))};
}

std::vector<Value*> global_lp(GradientBuilder& g, const Node& node) {
  const auto p = static_cast<double>(node.attr_int("p"));
  const Term powers = power(Term(g, node.input(0)).apply("Abs"), p);
  return {power(reduced("ReduceSum", powers, spatial_axes(node)), 1 / p)};
}

/// The formula where it has no exponent 1/p that must be rounded.
template <Formula formula>
std::vector<Value*> exact(GradientBuilder& g, const Node& node) {
  const std::int64_t p = node.attr_int("p");
  return p == 1 || p == 2 ? formula(g, node) : std::vector<Value*>();
}

}  // namespace

std::vector<GradientEntry> pools() {
  return {
      {.op = "AveragePool", .rule = by_formula<average_pool>},
      {.op = "GlobalAveragePool", .rule = by_formula<global_average>},
      {.op = "GlobalLpPool", .rule = by_formula<global_lp>, .formula = exact<global_lp>},
      {.op = "GlobalMaxPool", .rule = by_formula<global_max>},
      {.op = "LpPool", .rule = by_formula<lp_pool>, .formula = exact<lp_pool>},
      {.op = "MaxPool", .rule = max_pool},
      {.op = "MaxUnpool", .rule = max_unpool},
  };
}

}  // namespace gatefold::gradients
