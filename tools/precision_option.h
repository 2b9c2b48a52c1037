#pragma once

#include "backend/product_precision.h"

namespace CLI {  // NOLINT(readability-identifier-naming)
class App;
}

namespace gatefold::tools {

/// Declares --precision f32|bf16|int8. Parsing throws Error when the machine lacks the precision.
void add_precision_option(CLI::App& parser, ProductPrecision& precision);

}  // namespace gatefold::tools
