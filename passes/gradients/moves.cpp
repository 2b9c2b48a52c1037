#include <algorithm>
#include <numeric>
#include <optional>

#include "ir/error.h"
#include "passes/gradients/gradient_table.h"
#include "passes/gradients/scatter_back.h"

/// Operators that move elements without changing them.
namespace gatefold::gradients {
namespace {

Gradients pass_on(GradientBuilder&, Node&, const Gradients& dY) { return {dY[0]}; }

Gradients reshape(GradientBuilder& g, Node& node, const Gradients& dY) {
  return {g.reshape_like(*dY[0], *node.input(0))};
}

// The node applied to dY undoes itself.
Gradients apply_again(GradientBuilder& g, Node& node, const Gradients& dY) {
  std::vector<Value*> inputs = node.inputs();
  inputs[0] = dY[0];
  return {g.add(node.op().name, inputs, node.attrs())};
}

Gradients transpose(GradientBuilder& g, Node& node, const Gradients& dY) {
  const std::vector<std::int64_t>& perm = node.attr_ints("perm");
  if (perm.empty()) return {g.add("Transpose", {dY[0]})};
  std::vector<std::int64_t> inverse(perm.size());
  for (std::size_t i = 0; i < perm.size(); ++i) inverse[perm[i]] = static_cast<std::int64_t>(i);
  return {g.add("Transpose", {dY[0]}, {{"perm", inverse}})};
}

/// The extent of a value along an axis as a list of one int64.
Value* extent_of(GradientBuilder& g, Value& value, std::int64_t axis) {
  const Type& type = value.type();
  if (type.has_rank()) {
    if (axis < 0) axis += type.rank();
    const Dim& dim = (*type.shape)[axis];
    if (dim.is_known()) return g.add_ints({dim.size()});
  }
  Attrs attrs{{"start", axis}};
  if (axis != -1) attrs["end"] = axis + 1;
  return g.add("Shape", {&value}, attrs);
}

Gradients concat(GradientBuilder& g, Node& node, const Gradients& dY) {
  const std::size_t count = node.input_count();
  if (count == 1) return {dY[0]};
  const std::int64_t axis = node.attr_int("axis");
  std::vector<Value*> extents;
  for (Value* input : node.inputs()) extents.push_back(extent_of(g, *input, axis));
  Value* sizes = g.add("Concat", extents, {{"axis", std::int64_t{0}}});
  const Node* split = g.add_node("Split", {dY[0], sizes}, count, {{"axis", axis}});
  Gradients dX;
  for (std::size_t i = 0; i < count; ++i) dX.push_back(split->output(i));
  return dX;
}

// Parts that nobody wanted or that carry no gradient count as zeros.
Gradients split(GradientBuilder& g, Node& node, const Gradients& dY) {
  const Node* whole = g.add_node("Split", node.inputs(), node.output_count(), node.attrs());
  std::vector<Value*> parts;
  for (std::size_t i = 0; i < dY.size(); ++i) {
    parts.push_back(dY[i] != nullptr ? dY[i] : g.zeros_like(*whole->output(i)));
  }
  return {g.add("Concat", parts, {{"axis", node.attr_int("axis")}})};
}

std::optional<std::vector<std::int64_t>> known_ints(const Value* value) {
  if (value == nullptr || !value->has_data()) return std::nullopt;
  return value->data()->to_int64();
}

/// How many elements a Slice with steps of one cuts off in front and behind, per axis: the form in
/// which Pad takes them; nothing when that is not known.
std::optional<std::vector<std::int64_t>> cut_off(const Node& slice) {
  const Type& type = slice.input(0)->type();
  const auto starts = known_ints(slice.input(1));
  const auto ends = known_ints(slice.input(2));
  if (!starts || !ends || !type.is_static()) return std::nullopt;
  const Dims dims = type.dims();
  std::vector<std::int64_t> axes(starts->size());
  std::iota(axes.begin(), axes.end(), 0);
  if (slice.input(3) != nullptr) {
    const auto given = known_ints(slice.input(3));
    if (!given) return std::nullopt;
    axes = *given;
  }
  if (slice.input(4) != nullptr) {
    const auto steps = known_ints(slice.input(4));
    const auto is_one = [](std::int64_t step) { return step == 1; };
    if (!steps || !std::all_of(steps->begin(), steps->end(), is_one)) return std::nullopt;
  }
  const auto rank = static_cast<std::int64_t>(dims.size());
  std::vector<std::int64_t> pads(2 * dims.size());
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::int64_t axis = axes[i] < 0 ? axes[i] + rank : axes[i];
    const auto position = [extent = dims[axis]](std::int64_t bound) {
      return std::clamp<std::int64_t>(bound < 0 ? bound + extent : bound, 0, extent);
    };
    const std::int64_t first = position((*starts)[i]);
    pads[axis] = first;
    pads[rank + axis] = dims[axis] - std::max(first, position((*ends)[i]));
  }
  return pads;
}

Gradients slice(GradientBuilder& g, Node& node, const Gradients& dY) {
  const auto pads = cut_off(node);
  if (!pads) return scatter_back(g, node, dY);
  return {g.add("Pad", {dY[0], g.add_ints(*pads)})};
}

// Constant mode: what was added is cut off, what was cut off is zero; the rest of dY belongs to the
// constant. Other modes repeat elements and read no constant.
Gradients pad(GradientBuilder& g, Node& node, const Gradients& dY) {
  if (node.attr_string("mode") != "constant") {
    std::vector<Value*> inputs = node.inputs();
    inputs[0] = element_numbers(g, *node.input(0));
    if (inputs.size() > 2) inputs[2] = nullptr;
    return {add_at(g, *node.input(0), g.add("Pad", inputs, node.attrs()), dY[0])};
  }
  std::vector<Value*> inputs{dY[0], g.add("Neg", {node.input(1)})};
  if (node.input(3) != nullptr) inputs.insert(inputs.end(), {nullptr, node.input(3)});
  const Term dX(g, g.add("Pad", inputs));
  if (!g.wants(node, 2)) return {dX};
  const Attrs all{{"keepdims", std::int64_t{0}}};
  return {dX, nullptr, Term(g, dY[0]).apply("ReduceSum", all) - dX.apply("ReduceSum", all)};
}

// Odd differences go to the same end in both directions: cropping undoes padding, and reversed.
Gradients center_crop_pad(GradientBuilder& g, Node& node, const Gradients& dY) {
  Value* extents = g.shape_of(*node.input(0));
  const std::vector<std::int64_t>& axes = node.attr_ints("axes");
  if (!axes.empty()) extents = g.add("Gather", {extents, g.add_ints(axes)});
  return {g.add("CenterCropPad", {dY[0], extents}, node.attrs())};
}

// Each axis becomes two, repetition and extent; the former is summed over.
Gradients tile(GradientBuilder& g, Node& node, const Gradients& dY) {
  Value& x = *node.input(0);
  if (!x.type().has_rank()) return scatter_back(g, node, dY);
  const std::int64_t rank = x.type().rank();
  if (rank == 0) return {dY[0]};
  Value* column = g.add_ints({rank, 1});
  Value* pairs =
      g.add("Concat",
            {g.add("Reshape", {node.input(1), column}), g.add("Reshape", {g.shape_of(x), column})},
            {{"axis", std::int64_t{1}}});
  Value* extents = g.add("Reshape", {pairs, g.add_ints({2 * rank})});
  std::vector<std::int64_t> repetitions;
  for (std::int64_t axis = 0; axis < rank; ++axis) repetitions.push_back(2 * axis);
  Value* apart = g.add("Reshape", {dY[0], extents}, {{"allowzero", std::int64_t{1}}});
  return {g.add("ReduceSum", {apart, g.add_ints(repetitions)}, {{"keepdims", std::int64_t{0}}})};
}

// Y_i = sum of x_j up to i: dx_j = sum of dY_i from j on.
Gradients cum_sum(GradientBuilder& g, Node& node, const Gradients& dY) {
  Attrs attrs = node.attrs();
  attrs["reverse"] = std::int64_t{node.attr_int("reverse") == 0};
  return {g.add("CumSum", {dY[0], node.input(1)}, attrs)};
}

}  // namespace

std::vector<GradientEntry> moves() {
  return {
      {.op = "CenterCropPad", .rule = center_crop_pad},
      {.op = "Compress", .rule = scatter_back},
      {.op = "Concat", .rule = concat},
      {.op = "CumSum", .rule = cum_sum},
      {.op = "DepthToSpace", .rule = scatter_back},
      {.op = "Expand", .rule = pass_on},
      {.op = "Flatten", .rule = reshape},
      {.op = "Identity", .rule = pass_on},
      {.op = "Pad", .rule = pad},
      {.op = "Reshape", .rule = reshape},
      {.op = "ReverseSequence", .rule = apply_again},
      {.op = "Slice", .rule = slice},
      {.op = "SpaceToDepth", .rule = scatter_back},
      {.op = "Split", .rule = split},
      {.op = "Squeeze", .rule = reshape},
      {.op = "Tile", .rule = tile},
      {.op = "Transpose", .rule = transpose},
      {.op = "Trilu", .rule = apply_again},
      {.op = "Unsqueeze", .rule = reshape},
  };
}

}  // namespace gatefold::gradients
