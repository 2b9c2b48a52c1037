#include "backend/product_precision.h"

#include "backend/onednn/reduced_product.h"
#include "ir/error.h"

namespace gatefold {

std::string suffix_of(ProductPrecision precision) {
  constexpr const char* kSuffixes[] = {"", " bfloat16", " int8"};
  return kSuffixes[static_cast<int>(precision)];
}

ProductPrecision precision_of(std::string_view implementation) {
  for (const auto precision : {ProductPrecision::kBfloat16, ProductPrecision::kInt8}) {
    if (implementation.ends_with(suffix_of(precision))) return precision;
  }
  return ProductPrecision::kFloat32;
}

void require_support(ProductPrecision precision) {
  if (onednn::has_products_in(precision)) return;
  if (precision == ProductPrecision::kInt8) {
    fail("this machine does not have AVX512-VNNI, which products in int8 need; use float32");
  }
  fail(
      "this machine has neither AVX512-BF16 nor AMX, which products in bfloat16 need; use float32");
}

}  // namespace gatefold
