#include "backend/product_precision.h"

#include "backend/onednn/bfloat16_product.h"
#include "ir/error.h"

namespace gatefold {

void require_support(ProductPrecision precision) {
  if (precision == ProductPrecision::kBfloat16 && !onednn::has_bfloat16_products()) {
    fail(
        "this machine has neither AVX512-BF16 nor AMX, which products in bfloat16 need; use "
        "float32");
  }
}

}  // namespace gatefold
