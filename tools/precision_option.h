#pragma once

#include "backend/product_precision.h"

namespace CLI {  // NOLINT(readability-identifier-naming)
class App;
}

namespace gatefold::tools {

/// --precision f32|bf16|int8. Parsing throws Error where the machine does not have it.
void add_precision_option(CLI::App& parser, ProductPrecision& precision);

}  // namespace gatefold::tools
