#pragma once

#include "language/projects/project.h"
#include "tools/training/train_options.h"

namespace gatefold::tools {

/// Lets the files of a project stand in for the options that are not given: its data, the held-back
/// data, how to train, the log; and how its task makes batches, and which metrics it shows. Throws
/// Error when the project has no data yet, and for --output, for its files have fixed names.
void take_project(const Project& project, TrainOptions& options);

}  // namespace gatefold::tools
