#pragma once

#include <cstdint>
#include <string_view>

#include "ir/tensor.h"

/// The numbers that new weights begin with. They are made of integer operations, products, sums,
/// quotients and square roots of double precision alone, so that a seed gives the same bytes on
/// every machine. Each parameter draws numbers of its own, which depend on the seed and its name.
namespace gatefold {

/// Draws numbers uniformly from [-bound, bound).
Tensor uniform_weights(std::uint64_t seed, std::string_view name, Dims dims, double bound);

/// Draws numbers from the normal distribution with mean 0 and variance 1. Method: Marsaglia and
/// Bray, "A convenient method for generating normal variables", 1964.
Tensor normal_weights(std::uint64_t seed, std::string_view name, Dims dims);

}  // namespace gatefold
