#pragma once

#include "passes/gradients/gradients.h"

namespace gatefold::gradients {

/// The rule of an operator that only moves elements of its input 0, whatever its way: the node is
/// applied to the numbers of the elements, which tells where each element of dY belongs; there it
/// is added.
Gradients scatter_back(GradientBuilder& g, Node& node, const Gradients& dY);

/// 0, 1, 2, .. in the extents of x.
Value* element_numbers(GradientBuilder& g, Value& x);

/// zeros_like(x) with the elements of dY added at `positions`, counted over all of x.
Value* add_at(GradientBuilder& g, Value& x, Value* positions, Value* dY);

}  // namespace gatefold::gradients
