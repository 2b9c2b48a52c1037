#pragma once

#include "passes/gradients/gradients.h"

namespace gatefold::gradients {

/// The gradients of a node that is differentiated as the formula says.
Gradients differentiate_formula(GradientBuilder& g, const Node& node, const Gradients& dY,
                                Formula formula);

/// The rule of an operator that has a formula.
template <Formula formula>
Gradients by_formula(GradientBuilder& g, Node& node, const Gradients& dY) {
  return differentiate_formula(g, node, dY, formula);
}

/// The entry of an operator without kernels, which is also computed as its formula says.
template <Formula formula>
GradientEntry computed_by_formula(std::string_view op) {
  return {.op = op, .rule = by_formula<formula>, .formula = formula};
}

/// The value in float where it has half precision, as the operators themselves compute.
Term widened(GradientBuilder& g, Value* value);

/// A reduction over some axes, which stay with extent 1; none are reduced when the list is empty.
Term reduced(std::string_view op, const Term& x, const std::vector<std::int64_t>& axes);

/// first, first + 1, .., last - 1
std::vector<std::int64_t> axes_between(std::int64_t first, std::int64_t last);

/// The rank of an input. Throws Error when it is not known.
std::int64_t known_rank(const Node& node, std::size_t input);

}  // namespace gatefold::gradients
