#pragma once

#include <cstdint>

namespace gatefold {

/// What products of matrices are computed in: in dense layers, in recurrent layers and in their
/// gradients. Sums, biases, states, everything element-wise and the weights that training updates
/// are float32 always.
enum class ProductPrecision : std::int8_t {
  kFloat32,
  kBfloat16,  ///< Both operands are rounded to bfloat16, unless the product is a small one.
};

/// Throws Error where this machine has no instructions for such products.
void require_support(ProductPrecision precision);

}  // namespace gatefold
