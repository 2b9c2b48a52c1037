#pragma once

#include <optional>
#include <vector>

#include "passes/rewriting/rewrite.h"

namespace gatefold {

/// number * factor * factor * ..., element by element.
struct Monomial {
  double number = 1;
  std::vector<Value*> factors;  ///< Sorted by address.
};

/// A sum of monomials, no two of which have the same factors.
using Polynomial = std::vector<Monomial>;

/// The result of an Add, Sum, Sub, Mul or Neg, multiplied out: sigmoid (-a) is 1 - sigmoid (a)
/// where that is computed too, and what other operators read is a factor however it was made.
/// Nothing when a factor is broadcast or when there are too many monomials.
std::optional<Polynomial> multiply_out(const Node& node, const PassContext& context);

}  // namespace gatefold
