#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gatefold {

/// What the operands of products of matrices are rounded to: in dense layers, in recurrent layers
/// and in their gradients, unless a product is a small one. Biases, states, everything element-wise
/// and the weights that training updates are float32 always.
enum class ProductPrecision : std::int8_t {
  kFloat32,
  kBfloat16,
  kInt8,  ///< Where the right operand is constant weights.
};

/// What Kernel::implementation ends with: "", " bfloat16", " int8".
std::string suffix_of(ProductPrecision precision);
/// Whose suffix such a name ends with.
ProductPrecision precision_of(std::string_view implementation);

/// Throws Error where this machine has no instructions for such products.
void require_support(ProductPrecision precision);

}  // namespace gatefold
