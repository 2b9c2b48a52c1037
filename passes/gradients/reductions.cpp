#include "passes/gradients/formula.h"
#include "passes/gradients/gradient_table.h"

namespace gatefold::gradients {
namespace {

bool reduces_nothing(const Node& node) {
  if (node.attr_int("noop_with_empty_axes") == 0) return false;
  const Value* axes = node.input(1);
  return axes == nullptr || (axes->type().is_static() && axes->type().dims() == Dims{0});
}

/// A value of the result's extents with the reduced axes put back, so that it broadcasts against
/// the input.
Term spread(GradientBuilder& g, const Node& node, Value* value) {
  const bool keeps = node.attr_int("keepdims") != 0 || reduces_nothing(node);
  if (keeps || node.input(1) == nullptr) return {g, value};
  return {g, g.add("Unsqueeze", {value, node.input(1)})};
}

/// dY, spread and of the input's extents.
Term spread_out(GradientBuilder& g, const Node& node, Value* dY) {
  return {g, g.expand_like(*spread(g, node, dY), *node.input(0))};
}

Gradients sum(GradientBuilder& g, Node& node, const Gradients& dY) {
  return {spread_out(g, node, dY[0])};
}

Gradients mean(GradientBuilder& g, Node& node, const Gradients& dY) {
  Value* count = g.add("Div", {g.size_of(*node.input(0)), g.size_of(*node.output())});
  const Term share = Term(g, dY[0]) / Term(g, g.add("CastLike", {count, dY[0]}));
  return {spread_out(g, node, share)};
}

/// dX = spread(dY) * derivative(x, spread(y))
using Derivative = Term (*)(const Term& x, const Term& y);

template <Derivative derivative>
Gradients scaled(GradientBuilder& g, Node& node, const Gradients& dY) {
  const Term x(g, node.input(0));
  return {spread(g, node, dY[0]) * derivative(x, spread(g, node, node.output()))};
}

Term of_l1(const Term& x, const Term&) { return x.apply("Sign"); }
// 0 for a vector of zeros, as in PyTorch.
Term of_l2(const Term& x, const Term& y) {
  return x / where(y.apply("Equal", y.number(0)), y.number(1), y);
}
// y = log(sum x): 1 / sum x for every element.
Term of_log_sum(const Term& x, const Term& y) { return (x * 0.0 - y).apply("Exp"); }
Term of_log_sum_exp(const Term& x, const Term& y) { return (x - y).apply("Exp"); }
Term of_sum_square(const Term& x, const Term&) { return 2.0 * x; }

// In equal shares to all elements that equal the result.
Gradients extremum(GradientBuilder& g, Node& node, const Gradients& dY) {
  const Term x(g, node.input(0));
  const Term hits =
      x.apply("Equal", spread(g, node, node.output())).apply("CastLike", node.input(0));
  std::vector<Value*> inputs{hits};
  if (node.input(1) != nullptr) inputs.push_back(node.input(1));
  const Term count(g, g.add("ReduceSum", inputs, node.attrs()));
  return {spread(g, node, Term(g, dY[0]) / count) * hits};
}

// dx_i = dY times the product of the others, which is y / x_i where x_i is not zero.
Gradients product(GradientBuilder& g, Node& node, const Gradients& dY) {
  const Term x(g, node.input(0));
  const Term is_zero = x.apply("Equal", x.number(0));
  const Term safe = where(is_zero, x.number(1), x);
  std::vector<Value*> inputs{safe, node.input(1)};
  if (node.input(1) == nullptr) inputs.pop_back();
  const Term others = spread(g, node, g.add("ReduceProd", inputs, node.attrs()));
  inputs[0] = is_zero.apply("CastLike", node.input(0));
  const Term zeros = spread(g, node, g.add("ReduceSum", inputs, node.attrs()));
  const Term other_zeros = zeros - Term(g, inputs[0]);
  const Term factor = where(other_zeros.apply("Equal", x.number(0)), others / safe, x.number(0));
  return {spread(g, node, dY[0]) * factor};
}

Term reduced_by(const Node& node, std::string_view op, const Term& x, bool keeps_axes) {
  std::vector<Value*> inputs{x};
  if (node.input(1) != nullptr) inputs.push_back(node.input(1));
  Attrs attrs = node.attrs();
  attrs["keepdims"] = std::int64_t{keeps_axes};
  return {x.builder(), x.builder().add(op, inputs, attrs)};
}

// y = m + log(sum exp(x - m)) with m = max x, which no sum outgrows; 0 in place of an infinite m
std::vector<Value*> log_sum_exp(GradientBuilder& g, const Node& node) {
  if (!is_float(node.input(0)->type().dtype)) return {};
  const Term x = widened(g, node.input(0));
  const auto finite_max = [&](bool keeps_axes) {
    const Term m = reduced_by(node, "ReduceMax", x, keeps_axes);
    return where(m.apply("IsInf"), m.number(0), m);
  };
  const bool keeps_axes = node.attr_int("keepdims") != 0;
  const Term sum = reduced_by(node, "ReduceSum", (x - finite_max(true)).apply("Exp"), keeps_axes);
  return {(sum.apply("Log") + finite_max(keeps_axes)).apply("CastLike", node.input(0))};
}

}  // namespace

std::vector<GradientEntry> reductions() {
  return {
      {.op = "ReduceL1", .rule = scaled<of_l1>},
      {.op = "ReduceL2", .rule = scaled<of_l2>},
      {.op = "ReduceLogSum", .rule = scaled<of_log_sum>},
      {.op = "ReduceLogSumExp", .rule = scaled<of_log_sum_exp>, .formula = log_sum_exp},
      {.op = "ReduceMax", .rule = extremum},
      {.op = "ReduceMean", .rule = mean},
      {.op = "ReduceMin", .rule = extremum},
      {.op = "ReduceProd", .rule = product},
      {.op = "ReduceSum", .rule = sum},
      {.op = "ReduceSumSquare", .rule = scaled<of_sum_square>},
  };
}

}  // namespace gatefold::gradients
