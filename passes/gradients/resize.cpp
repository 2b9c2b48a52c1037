#include "ir/ops/resize.h"

#include "ir/error.h"
#include "passes/gradients/formula.h"
#include "passes/gradients/gradient_table.h"

namespace gatefold::gradients {
namespace {

template <typename T>
void read_numbers(const Node& node, std::size_t index, std::vector<T>& numbers) {
  const Value* value = node.input(index);
  if (value == nullptr) return;
  if (!value->has_data()) {
    fail("{} cannot be differentiated: its input {} must be known", node.describe(),
         node.op().inputs[index].name);
  }
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
Value* multiply_along(GradientBuilder& g, Value* value, std::int64_t axis, const Tensor& matrix) {
  const std::int64_t rank = value->type().rank();
  std::vector<std::int64_t> perm = axes_between(0, rank);
  std::swap(perm[axis], perm[rank - 1]);
  const Attrs to_last{{"perm", perm}};
  Value* weights = g.add_constant("weights", matrix.converted(value->type().dtype));
  const Term lines(g, axis + 1 == rank ? value : g.add("Transpose", {value}, to_last));
  const Term product = lines.apply("MatMul", weights);
  return axis + 1 == rank ? product : product.apply("Transpose", to_last).value();
}

// Forward:  Y = X times a matrix of weights along each axis
// Backward: dX = dY times its transpose along each axis
Gradients resize_rule(GradientBuilder& g, Node& node, const Gradients& dY) {
  const Type& from = node.input(0)->type();
  const Type& to = node.output()->type();
  if (!from.is_static() || !to.is_static()) {
    fail("{} cannot be differentiated: the extents of X and Y must be known", node.describe());
  }
  ops::ResizeInputs inputs;
  read_numbers(node, 1, inputs.roi);
  read_numbers(node, 2, inputs.scales);
  read_numbers(node, 3, inputs.sizes);
  Value* dX = dY[0];
  for (const ops::ResizeAxis& axis : ops::resize_axes(node, inputs, from.dims(), to.dims())) {
    dX = multiply_along(g, dX, axis.axis, weight_matrix(axis, from.dims()[axis.axis]));
  }
  return {dX};
}

}  // namespace

std::vector<GradientRow> resize() {
  return {{.op = "Resize", .rule = resize_rule, .settings = {1, 2, 3}}};
}

}  // namespace gatefold::gradients
