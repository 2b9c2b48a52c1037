#include "passes/gradients/gradient_table.h"

namespace gatefold::gradients {
namespace {

Term sum_along(GradientBuilder& g, const Term& value, std::int64_t axis) {
  return {g, g.add("ReduceSum", {value, g.add_ints({axis})})};
}

// y = softmax(x): dx = y (dy - sum(dy y))
Gradients softmax_rule(GradientBuilder& g, Node& node, const Gradients& dY) {
  const Term d(g, dY[0]);
  const Term y(g, node.output());
  return {y * (d - sum_along(g, d * y, node.attr_int("axis")))};
}

// y = log(softmax(x)): dx = dy - exp(y) sum(dy)
Gradients log_softmax(GradientBuilder& g, Node& node, const Gradients& dY) {
  const Term d(g, dY[0]);
  const Term y(g, node.output());
  return {d - y.apply("Exp") * sum_along(g, d, node.attr_int("axis"))};
}

}  // namespace

std::vector<GradientEntry> softmax() {
  return {
      {.op = "LogSoftmax", .rule = log_softmax},
      {.op = "Softmax", .rule = softmax_rule},
  };
}

}  // namespace gatefold::gradients
