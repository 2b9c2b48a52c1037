#pragma once

#include "backend/product_precision.h"

namespace gatefold::tools {

class OptionParser;

/// Declares --precision f32|bf16|int8. Parsing throws Error when the machine lacks the precision.
void add_precision_option(OptionParser& parser, ProductPrecision& precision);

}  // namespace gatefold::tools
