#pragma once

#include "language/projects/project.h"

namespace gatefold::tools {

/// Says on standard error that a project's model is not trained, if that is so: what it then says
/// comes from the random numbers that its weights begin with.
void note_if_untrained(const Project& project);

}  // namespace gatefold::tools
