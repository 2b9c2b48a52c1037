#pragma once

#include "backend/kernel_choice.h"

namespace gatefold::tools {

class OptionParser;

/// Declares --kernels fastest|onednn|own.
void add_kernels_option(OptionParser& parser, KernelChoice& kernels);

}  // namespace gatefold::tools
