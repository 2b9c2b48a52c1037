#pragma once

#include <filesystem>
#include <string>

#include "language/projects/project.h"

namespace gatefold {

/// Composes a page in HTML about a project: what it is made of, the graphs of its models before and
/// after compiling, how training went, what its newest model does on data that were held back, and
/// what it said after each epoch. Where something is not made yet, the page says which command
/// makes it. Throws Error for files that cannot be read and for models and data that do not fit
/// together.
std::string report_page(const Project& project);

/// Composes such a page about the model in a file, and about the log of its training unless `log`
/// is empty. Throws Error for files that cannot be read.
std::string report_page(const std::filesystem::path& model, const std::filesystem::path& log);

}  // namespace gatefold
