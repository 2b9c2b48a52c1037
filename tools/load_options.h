#pragma once

#include "session/compiled_model.h"

namespace CLI {  // NOLINT(readability-identifier-naming)
class App;
}

namespace gatefold::tools {

/// Declares how a model is compiled and run: --threads, --precision, --reproducible,
/// --max-plan-memory and --no-optimize. Parsing throws Error for a precision that the machine
/// lacks.
void add_load_options(CLI::App& parser, LoadOptions& options);

}  // namespace gatefold::tools
