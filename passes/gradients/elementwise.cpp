#include <cmath>
#include <numbers>

#include "passes/gradients/gradient_table.h"

namespace gatefold::gradients {
namespace {

/// dy/dx of an element-wise function of one variable, at x, where it has the value y.
using Derivative = Term (*)(const Node& node, const Term& x, const Term& y);

template <Derivative derivative>
Gradients unary(GradientBuilder& g, Node& node, const Gradients& dY) {
  const Term x(g, node.input(0));
  const Term y(g, node.output());
  return {Term(g, dY[0]) * derivative(node, x, y)};
}

Term mask(const Term& condition, const Term& like) {
  return condition.apply("CastLike", like.value());
}
Term is_positive(const Term& x) { return mask(x.apply("Greater", x.number(0)), x); }

float alpha(const Node& node) { return node.attr_float("alpha"); }

template <Derivative derivative>
GradientEntry unary_row(std::string_view op) {
  return {.op = op, .rule = unary<derivative>};
}

// Derivatives that are constants, or formulas in x and y.
Term of_abs(const Node&, const Term& x, const Term&) { return x.apply("Sign"); }
Term of_acos(const Node&, const Term& x, const Term&) {
  return -1.0 * (1.0 - x * x).apply("Sqrt").apply("Reciprocal");
}
Term of_acosh(const Node&, const Term& x, const Term&) {
  return (x * x - 1.0).apply("Sqrt").apply("Reciprocal");
}
Term of_asin(const Node&, const Term& x, const Term&) {
  return (1.0 - x * x).apply("Sqrt").apply("Reciprocal");
}
Term of_asinh(const Node&, const Term& x, const Term&) {
  return (x * x + 1.0).apply("Sqrt").apply("Reciprocal");
}
Term of_atan(const Node&, const Term& x, const Term&) { return (x * x + 1.0).apply("Reciprocal"); }
Term of_atanh(const Node&, const Term& x, const Term&) { return (1.0 - x * x).apply("Reciprocal"); }
Term of_cos(const Node&, const Term& x, const Term&) { return -x.apply("Sin"); }
Term of_cosh(const Node&, const Term& x, const Term&) { return x.apply("Sinh"); }
Term of_exp(const Node&, const Term&, const Term& y) { return y; }
Term of_erf(const Node&, const Term& x, const Term&) {
  return 2.0 * std::numbers::inv_sqrtpi * (-(x * x)).apply("Exp");
}
Term of_log(const Node&, const Term& x, const Term&) { return x.apply("Reciprocal"); }
Term of_neg(const Node&, const Term& x, const Term&) { return x.number(-1); }
Term of_reciprocal(const Node&, const Term&, const Term& y) { return -(y * y); }
Term of_sigmoid(const Node&, const Term&, const Term& y) { return y * (1.0 - y); }
Term of_sin(const Node&, const Term& x, const Term&) { return x.apply("Cos"); }
Term of_sinh(const Node&, const Term& x, const Term&) { return x.apply("Cosh"); }
Term of_sqrt(const Node&, const Term&, const Term& y) { return 0.5 * y.apply("Reciprocal"); }
Term of_tan(const Node&, const Term&, const Term& y) { return 1.0 + y * y; }
Term of_tanh(const Node&, const Term&, const Term& y) { return 1.0 - y * y; }

Term of_relu(const Node&, const Term&, const Term& y) { return is_positive(y); }
Term of_leaky_relu(const Node& node, const Term& x, const Term&) {
  return where(x.apply("Greater", x.number(0)), x.number(1), x.number(alpha(node)));
}
Term of_elu(const Node& node, const Term& x, const Term& y) {
  return where(x.apply("Greater", x.number(0)), x.number(1), y + alpha(node));
}
Term of_celu(const Node& node, const Term& x, const Term&) {
  return where(x.apply("Greater", x.number(0)), x.number(1), (x / alpha(node)).apply("Exp"));
}
Term of_selu(const Node& node, const Term& x, const Term& y) {
  const double gamma = node.attr_float("gamma");
  return where(x.apply("Greater", x.number(0)), x.number(gamma), y + gamma * alpha(node));
}
Term of_thresholded_relu(const Node& node, const Term& x, const Term&) {
  return mask(x.apply("Greater", x.number(alpha(node))), x);
}
Term of_hard_sigmoid(const Node& node, const Term& x, const Term& y) {
  const Term inside = y.apply("Greater", y.number(0)).apply("And", y.apply("Less", y.number(1)));
  return mask(inside, x) * static_cast<double>(alpha(node));
}
// y = x + bias below -lambd, x - bias above lambd, else 0
Term of_shrink(const Node& node, const Term& x, const Term&) {
  const double bound = node.attr_float("lambd");
  const Term below = x.apply("Less", x.number(-bound));
  return mask(below.apply("Or", x.apply("Greater", x.number(bound))), x);
}
Term of_softplus(const Node&, const Term& x, const Term&) { return x.apply("Sigmoid"); }
Term of_softsign(const Node&, const Term& x, const Term&) {
  const Term denominator = 1.0 + x.apply("Abs");
  return (denominator * denominator).apply("Reciprocal");
}
// y = x * clip(x / 6 + 1/2, 0, 1)
Term of_hard_swish(const Node&, const Term& x, const Term&) {
  const Term gate = x.apply("HardSigmoid", {{"alpha", 1.0F / 6}, {"beta", 0.5F}});
  const Term inside =
      gate.apply("Greater", gate.number(0)).apply("And", gate.apply("Less", gate.number(1)));
  return gate + mask(inside, x) * x / 6.0;
}
// y = x * tanh(softplus(x))
Term of_mish(const Node&, const Term& x, const Term&) {
  const Term t = x.apply("Softplus").apply("Tanh");
  return t + x * (1.0 - t * t) * x.apply("Sigmoid");
}
// y = x * sigmoid(alpha x)
Term of_swish(const Node& node, const Term& x, const Term& y) {
  const double a = alpha(node);
  const Term s = (x * a).apply("Sigmoid");
  return s + a * y * (1.0 - s);
}
// y = x Phi(x), or x/2 (1 + tanh(u)) with u = sqrt(2/pi) (x + 0.044715 x^3)
Term of_gelu(const Node& node, const Term& x, const Term&) {
  if (node.attr_string("approximate") == "none") {
    const Term cumulative = 0.5 * (1.0 + (x * std::numbers::sqrt2 / 2.0).apply("Erf"));
    const double scale = std::numbers::inv_sqrtpi / std::numbers::sqrt2;
    return cumulative + x * scale * (-0.5 * (x * x)).apply("Exp");
  }
  const double scale = std::numbers::sqrt2 * std::numbers::inv_sqrtpi;
  const Term t = (scale * (x + 0.044715 * (x * x * x))).apply("Tanh");
  const Term inner = scale * (1.0 + 3 * 0.044715 * (x * x));
  return 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * inner;
}

Gradients add(GradientBuilder&, Node&, const Gradients& dY) { return {dY[0], dY[0]}; }

Gradients subtract(GradientBuilder& g, Node& node, const Gradients& dY) {
  return {dY[0], g.wants(node, 1) ? (-Term(g, dY[0])).value() : nullptr};
}

Gradients multiply(GradientBuilder& g, Node& node, const Gradients& dY) {
  const Term d(g, dY[0]);
  return {g.wants(node, 0) ? (d * Term(g, node.input(1))).value() : nullptr,
          g.wants(node, 1) ? (d * Term(g, node.input(0))).value() : nullptr};
}

// y = a / b: da = dy / b, db = -dy y / b
Gradients divide(GradientBuilder& g, Node& node, const Gradients& dY) {
  const Term scaled = Term(g, dY[0]) / Term(g, node.input(1));
  return {scaled, g.wants(node, 1) ? (-(scaled * Term(g, node.output()))).value() : nullptr};
}

/// p x^(p-1)
Term slope_of_power(const Term& x, Value* exponent) {
  const bool is_constant = exponent->kind() == Value::Kind::kConstant;
  const Tensor* constant = is_constant ? exponent->data() : nullptr;
  if (constant != nullptr && constant->size() == 1 && constant->rank() == 0) {
    const double p = constant->number_at(0);
    return p == 2 ? x * 2.0 : p * x.apply("Pow", x.number(p - 1));
  }
  const Term p = Term(x.builder(), exponent).apply("CastLike", x.value());
  return p * x.apply("Pow", p - 1.0);
}

// y = x^p: dx = dy p x^(p-1), dp = dy y log(x), 0 where x <= 0
Gradients power(GradientBuilder& g, Node& node, const Gradients& dY) {
  const Term d(g, dY[0]);
  const Term x(g, node.input(0));
  Gradients dX(2);
  if (g.wants(node, 0)) dX[0] = d * slope_of_power(x, node.input(1));
  if (g.wants(node, 1)) {
    const Term positive = x.apply("Greater", x.number(0));
    const Term log = where(positive, x, x.number(1)).apply("Log");
    dX[1] = (d * Term(g, node.output()) * log).apply("CastLike", node.input(1));
  }
  return dX;
}

// y = a - b * (an integer): only for floating-point operands, fmod = 1
Gradients modulo(GradientBuilder& g, Node& node, const Gradients& dY) {
  if (!g.wants(node, 1)) return {dY[0]};
  const Term quotient = (Term(g, node.input(0)) - Term(g, node.output())) / Term(g, node.input(1));
  return {dY[0], -(Term(g, dY[0]) * quotient.apply("Round"))};
}

// The gradient goes to every operand that equals the result, in equal shares.
Gradients extremum(GradientBuilder& g, Node& node, const Gradients& dY) {
  const Term d(g, dY[0]);
  const Term y(g, node.output());
  std::vector<Value*> hits;
  for (std::size_t i = 0; i < node.input_count(); ++i) {
    hits.push_back(mask(Term(g, node.input(i)).apply("Equal", y), y));
  }
  const Term share = hits.size() == 1 ? d : d / Term(g, g.add("Sum", hits));
  Gradients dX;
  for (Value* hit : hits) dX.push_back(share * Term(g, hit));
  return dX;
}

Gradients sum(GradientBuilder&, Node& node, const Gradients& dY) {
  return Gradients(node.input_count(), dY[0]);
}

Gradients mean(GradientBuilder& g, Node& node, const Gradients& dY) {
  const Term share = Term(g, dY[0]) / static_cast<double>(node.input_count());
  return Gradients(node.input_count(), share);
}

// Forward:  y = min(max(x, low), high)
// Backward: dhigh = dy where max(x, low) > high, else dlow = dy where x < low, else dx = dy; at a
//           bound itself dx = dy, as in PyTorch
Gradients clip(GradientBuilder& g, Node& node, const Gradients& dY) {
  const Term x(g, node.input(0));
  Gradients dX(3);
  Term rest(g, dY[0]);
  if (Value* high = node.input(2)) {
    const Term raised = node.input(1) == nullptr ? x : x.apply("Max", node.input(1));
    const Term above = mask(raised.apply("Greater", high), x);
    dX[2] = rest * above;
    rest = rest * (1.0 - above);
  }
  if (Value* low = node.input(1)) {
    const Term below = mask(x.apply("Less", low), x);
    dX[1] = rest * below;
    rest = rest * (1.0 - below);
  }
  dX[0] = rest;
  return dX;
}

// y = x where x > 0, else slope x
Gradients prelu(GradientBuilder& g, Node& node, const Gradients& dY) {
  const Term d(g, dY[0]);
  const Term x(g, node.input(0));
  const Term slope(g, node.input(1));
  const Term positive = x.apply("Greater", x.number(0));
  return {d * where(positive, x.number(1), slope), d * where(positive, x.number(0), x)};
}

Gradients select(GradientBuilder& g, Node& node, const Gradients& dY) {
  const Term d(g, dY[0]);
  const Term condition(g, node.input(0));
  return {nullptr, where(condition, d, d.number(0)), where(condition, d.number(0), d)};
}

Gradients cast(GradientBuilder& g, Node& node, const Gradients& dY) {
  return {g.add("CastLike", {dY[0], node.input(0)})};
}

// The mask is what the forward node drew; kept elements were scaled by 1 / (1 - ratio).
Gradients dropout(GradientBuilder& g, Node& node, const Gradients& dY) {
  if (node.input(2) == nullptr) return {dY[0]};
  const Term x(g, node.input(0));
  const Node* forward = &node;
  if (node.output(1) == nullptr) {
    Node* with_mask = g.add_node_before(node, "Dropout", node.inputs(), 2, node.attrs());
    g.graph().replace_all_uses(node.output(), with_mask->output());
    forward = with_mask;
  }
  const Term kept = mask(Term(g, forward->output(1)), x);
  const Term ratio = node.input(1) == nullptr
                         ? x.number(0.5)
                         : Term(g, node.input(1)).apply("CastLike", node.input(0));
  const Term training = Term(g, node.input(2)).apply("CastLike", node.input(0));
  return {Term(g, dY[0]) * kept / (1.0 - ratio * training)};
}

}  // namespace

std::vector<GradientEntry> elementwise() {
  return {
      unary_row<of_abs>("Abs"),
      unary_row<of_acos>("Acos"),
      unary_row<of_acosh>("Acosh"),
      unary_row<of_asin>("Asin"),
      unary_row<of_asinh>("Asinh"),
      unary_row<of_atan>("Atan"),
      unary_row<of_atanh>("Atanh"),
      unary_row<of_celu>("Celu"),
      unary_row<of_cos>("Cos"),
      unary_row<of_cosh>("Cosh"),
      unary_row<of_elu>("Elu"),
      unary_row<of_erf>("Erf"),
      unary_row<of_exp>("Exp"),
      unary_row<of_gelu>("Gelu"),
      unary_row<of_hard_sigmoid>("HardSigmoid"),
      unary_row<of_hard_swish>("HardSwish"),
      unary_row<of_leaky_relu>("LeakyRelu"),
      unary_row<of_log>("Log"),
      unary_row<of_mish>("Mish"),
      unary_row<of_neg>("Neg"),
      unary_row<of_reciprocal>("Reciprocal"),
      unary_row<of_relu>("Relu"),
      unary_row<of_selu>("Selu"),
      unary_row<of_shrink>("Shrink"),
      unary_row<of_sigmoid>("Sigmoid"),
      unary_row<of_sin>("Sin"),
      unary_row<of_sinh>("Sinh"),
      unary_row<of_softplus>("Softplus"),
      unary_row<of_softsign>("Softsign"),
      unary_row<of_sqrt>("Sqrt"),
      unary_row<of_swish>("Swish"),
      unary_row<of_tan>("Tan"),
      unary_row<of_tanh>("Tanh"),
      unary_row<of_thresholded_relu>("ThresholdedRelu"),
      {.op = "Add", .rule = add},
      {.op = "Cast", .rule = cast},
      {.op = "CastLike", .rule = cast, .settings = {1}},
      {.op = "Clip", .rule = clip},
      {.op = "Div", .rule = divide},
      {.op = "Dropout", .rule = dropout, .settings = {1, 2}},
      {.op = "Max", .rule = extremum},
      {.op = "Mean", .rule = mean},
      {.op = "Min", .rule = extremum},
      {.op = "Mod", .rule = modulo},
      {.op = "Mul", .rule = multiply},
      {.op = "PRelu", .rule = prelu},
      {.op = "Pow", .rule = power},
      {.op = "Sub", .rule = subtract},
      {.op = "Sum", .rule = sum},
      {.op = "Where", .rule = select},
  };
}

}  // namespace gatefold::gradients
