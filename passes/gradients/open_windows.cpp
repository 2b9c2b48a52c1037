#include "passes/gradients/open_windows.h"

#include <algorithm>

#include "passes/gradients/formula.h"

namespace gatefold::gradients {

using AutoPad = WindowAttrs::AutoPad;

bool are_placed_by_extents(const WindowAttrs& attrs) {
  return attrs.ceil_mode || attrs.auto_pad == AutoPad::kSameUpper ||
         attrs.auto_pad == AutoPad::kSameLower;
}

Value* spatial_of(GradientBuilder& g, Value& value) {
  const auto is_known = [](const Dim& dim) { return dim.is_known(); };
  if (const auto& shape = value.type().shape;
      shape && std::all_of(shape->begin() + 2, shape->end(), is_known)) {
    Dims extents;
    for (auto dim = shape->begin() + 2; dim != shape->end(); ++dim) extents.push_back(dim->size());
    return g.add_ints(extents);
  }
  return g.add("Shape", {&value}, {{"start", std::int64_t{2}}});
}

OpenPadding open_padding(GradientBuilder& g, const Node& node, const WindowAttrs& attrs,
                         Value* kernel) {
  const Term strides(g, g.add_ints(attrs.strides));
  const Term dilations(g, g.add_ints(attrs.dilations));
  const Term reach = (Term(g, spatial_of(g, *node.output())) - 1) * strides +
                     (Term(g, kernel) - 1) * dilations + 1;
  const Term needed = reach - Term(g, spatial_of(g, *node.input(0)));
  const Term none = needed.number(0);
  Term begin(g, g.add_ints(attrs.pads_begin));
  if (attrs.auto_pad == AutoPad::kSameUpper) begin = needed.apply("Max", none) / 2;
  if (attrs.auto_pad == AutoPad::kSameLower) begin = (needed.apply("Max", none) + 1) / 2;
  return {begin, (needed - begin).apply("Max", none)};
}

Value* pad_spatially(GradientBuilder& g, Value* x, std::size_t axes, const OpenPadding& padding,
                     Value* number) {
  Value* pads = g.add("Concat", {padding.begin, padding.end}, {{"axis", std::int64_t{0}}});
  return g.add("Pad",
               {x, pads, number, g.add_ints(axes_between(2, static_cast<std::int64_t>(axes) + 2))});
}

}  // namespace gatefold::gradients
