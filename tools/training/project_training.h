#pragma once

#include "language/projects/project.h"
#include "tools/training/train_options.h"

namespace gatefold::tools {

/// Lets the files of a project stand in for the options that are not given: its data, the held-back
/// data, how to train, the log, where the run is saved; and how its task makes batches, which
/// metrics it shows, and which weights are kept: the best where there are held-back data. Throws
/// Error when the project has no data yet, for --output, for its files have fixed names, and for
/// options that do not go with its task.
void take_project(const Project& project, TrainOptions& options);

/// Returns what the options feed the decoder of a project with.
DecoderFeed feed_of(const TrainOptions& options);

}  // namespace gatefold::tools
