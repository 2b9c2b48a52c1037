#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gatefold {

/// The format to which operands of matrix products are rounded: in dense layers, in recurrent
/// layers and in their gradients, unless the product is small. Biases, states, everything
/// element-wise and the weights that training updates are always float32.
enum class ProductPrecision : std::int8_t {
  kFloat32,
  kBfloat16,
  kInt8,  ///< Only where the right operand is constant weights.
};

/// Returns the suffix of Kernel::implementation: "", " bfloat16", " int8".
std::string suffix_of(ProductPrecision precision);
/// Returns the precision whose suffix such a name has.
ProductPrecision precision_of(std::string_view implementation);

/// Checks that this machine has instructions for such products. Throws Error if not.
void require_support(ProductPrecision precision);

}  // namespace gatefold
