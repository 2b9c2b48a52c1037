#include "ir/ops/resize.h"

#include "ir/error.h"
#include "passes/gradients/formula.h"
#include "passes/gradients/gradient_table.h"

namespace gatefold::gradients {
namespace {

constexpr std::size_t kRoi = 1;
constexpr std::size_t kScales = 2;
constexpr std::size_t kSizes = 3;

template <typename T>
void read_numbers(const Node& node, std::size_t index, std::vector<T>& numbers) {
  const Value* value = node.input(index);
  if (value == nullptr) return;
  for (std::int64_t i = 0; i < value->data()->size(); ++i) {
    numbers.push_back(static_cast<T>(value->data()->number_at(i)));
  }
}

/// The weights of every result, [result extent, input extent]; none where it is extrapolated.
Tensor weight_matrix(const ops::ResizeAxis& axis, std::int64_t extent) {
  const auto positions = static_cast<std::int64_t>(axis.indices.size()) / axis.taps;
  Tensor weights(DataType::kFloat64, {positions, extent});
  auto* row = weights.data<double>();
  for (std::size_t i = 0; i < axis.indices.size(); ++i) {
    const auto position = static_cast<std::int64_t>(i) / axis.taps;
    row[position * extent + axis.indices[i]] += axis.taps == 1 ? 1 : axis.weights[i];
  }
  for (const std::int64_t position : axis.outside) {
    std::fill_n(row + position * extent, extent, 0);
  }
  return weights;
}

/// Every line along `axis` times the matrix.
Value* multiply_along(GradientBuilder& g, Value* value, std::int64_t axis, Value* weights) {
  const std::int64_t rank = value->type().rank();
  std::vector<std::int64_t> perm = axes_between(0, rank);
  std::swap(perm[axis], perm[rank - 1]);
  const Attrs to_last{{"perm", perm}};
  const Term lines(g, axis + 1 == rank ? value : g.add("Transpose", {value}, to_last));
  const Term product = lines.apply("MatMul", weights);
  return axis + 1 == rank ? product : product.apply("Transpose", to_last).value();
}

bool is_cropped(const Node& node) {
  return node.attr_string("coordinate_transformation_mode") == "tf_crop_and_resize";
}

bool is_given(const Value* value) {
  if (value == nullptr) return false;
  const Type& type = value->type();
  return !type.has_rank() || type.rank() != 1 || !type.shape->front().is(0);
}

bool are_weights_known(const Node& node) {
  const auto is_known = [](const Value* value) { return value == nullptr || value->has_data(); };
  return node.input(0)->type().is_static() && node.output()->type().is_static() &&
         is_known(node.input(kRoi)) && is_known(node.input(kScales)) &&
         is_known(node.input(kSizes));
}

Value* multiply_by_known(GradientBuilder& g, const Node& node, Value* dY) {
  const Dims from = node.input(0)->type().dims();
  ops::ResizeInputs inputs;
  read_numbers(node, kRoi, inputs.roi);
  read_numbers(node, kScales, inputs.scales);
  read_numbers(node, kSizes, inputs.sizes);
  Value* dX = dY;
  for (const ops::ResizeAxis& axis :
       ops::resize_axes(node, inputs, from, node.output()->type().dims())) {
    const Tensor weights = weight_matrix(axis, from[axis.axis]);
    dX = multiply_along(g, dX, axis.axis,
                        g.add_constant("weights", weights.converted(dY->type().dtype)));
  }
  return dX;
}

/// [1, entry `index` of the list], or [`first`, that]: what an axis of rows and one to be resized
/// have in a list like scales or sizes.
Value* for_rows(GradientBuilder& g, Value* first, Value* list, std::int64_t index) {
  Value* entry = g.add("Slice", {list, g.add_ints({index}), g.add_ints({index + 1})});
  return g.add("Concat", {first, entry}, {{"axis", std::int64_t{0}}});
}

Value* constant_like(GradientBuilder& g, const Value& list, double number) {
  return g.add_constant("number", Tensor::of<double>({1}, {number}).converted(list.type().dtype));
}

/// The weights along an axis, entry `index` of those that are resized, at run time: the node is
/// applied to a unit matrix, whose columns it makes as many as Y has; [extent of Y, extent of X].
Value* open_weights(GradientBuilder& g, const Node& node, std::int64_t axis, std::int64_t index,
                    std::int64_t count) {
  Value* extent = g.add("Gather", {g.shape_of(*node.input(0)), g.add_ints({axis, axis})});
  const Tensor zero = Tensor::of<double>({1}, {0}).converted(node.input(0)->type().dtype);
  Value* unit = g.add("EyeLike", {g.add("ConstantOfShape", {extent}, {{"value", zero}})});
  std::vector<Value*> inputs{unit, nullptr, nullptr, nullptr};
  if (is_cropped(node)) {
    Value& roi = *node.input(kRoi);
    Value* start = for_rows(g, constant_like(g, roi, 0), &roi, index);
    Value* end = for_rows(g, constant_like(g, roi, 1), &roi, count + index);
    inputs[kRoi] = g.add("Concat", {start, end}, {{"axis", std::int64_t{0}}});
  }
  if (is_given(node.input(kScales))) {
    Value& scales = *node.input(kScales);
    inputs[kScales] = for_rows(g, constant_like(g, scales, 1), &scales, index);
  } else {
    Value* rows = g.add("Slice", {extent, g.add_ints({0}), g.add_ints({1})});
    inputs[kSizes] = for_rows(g, rows, node.input(kSizes), index);
  }
  Attrs attrs = node.attrs();
  attrs.erase("axes");
  attrs["extrapolation_value"] = 0.0F;
  return g.add("Transpose", {g.add("Resize", inputs, attrs)});
}

/// True when an axis, entry `index` of those that are resized, surely stays what it is.
bool is_kept(const Node& node, std::int64_t axis, std::int64_t index) {
  const Dim& from = (*node.input(0)->type().shape)[axis];
  if (is_cropped(node) || !from.same_as((*node.output()->type().shape)[axis])) return false;
  // Other scales than 1 may leave a known extent what it is as well.
  const Value* scales = node.input(kScales);
  if (!is_given(scales) || !from.is_known()) return true;
  return scales->has_data() && scales->data()->number_at(index) == 1;
}

Value* multiply_by_open(GradientBuilder& g, const Node& node, Value* dY) {
  const std::int64_t rank = known_rank(node, 0);
  if (node.attr_string("keep_aspect_ratio_policy") != "stretch" && is_given(node.input(kSizes))) {
    fail(
        "{} cannot be differentiated: the extents of X and Y must be known where "
        "keep_aspect_ratio_policy is not stretch",
        node.describe());
  }
  std::vector<std::int64_t> axes = node.attr_ints("axes");
  if (axes.empty()) axes = axes_between(0, rank);
  const auto count = static_cast<std::int64_t>(axes.size());
  Value* dX = dY;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t axis = axes[i] < 0 ? axes[i] + rank : axes[i];
    if (is_kept(node, axis, i)) continue;
    dX = multiply_along(g, dX, axis, open_weights(g, node, axis, i, count));
  }
  return dX;
}

// Forward:  Y = X times a matrix of weights along each axis
// Backward: dX = dY times its transpose along each axis
Gradients resize_rule(GradientBuilder& g, Node& node, const Gradients& dY) {
  return {are_weights_known(node) ? multiply_by_known(g, node, dY[0])
                                  : multiply_by_open(g, node, dY[0])};
}

}  // namespace

std::vector<GradientEntry> resize() {
  return {{.op = "Resize", .rule = resize_rule, .settings = {1, 2, 3}}};
}

}  // namespace gatefold::gradients
