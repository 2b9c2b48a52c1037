#pragma once

#include <filesystem>
#include <vector>

#include "ir/graph.h"

namespace gatefold::test {

/// All models of this repository, pass tests included, and those below $GATEFOLD_TEST_MODELS.
std::vector<std::filesystem::path> repository_models();

/// A model, or the graph of a pass test, which ends where its expected form begins.
Model read_repository_model(const std::filesystem::path& path);

}  // namespace gatefold::test
