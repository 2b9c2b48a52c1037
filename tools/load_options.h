#pragma once

#include "session/compiled_model.h"

namespace gatefold::tools {

class OptionParser;

/// Declares how a model is compiled and run: --threads, --precision, --kernels, --reproducible,
/// --max-plan-memory and --no-optimize. Parsing throws Error for a precision that the machine
/// lacks.
void add_load_options(OptionParser& parser, LoadOptions& options);

}  // namespace gatefold::tools
