#pragma once

#include <filesystem>
#include <memory>

#include "backend/executable.h"
#include "ir/graph.h"
#include "tools/inputs.h"

namespace gatefold::tools {

/// A model file made ready to run.
struct LoadedModel {
  Model model;
  std::shared_ptr<const Executable> executable;
  std::unique_ptr<Context> context;
};

/// Reads a model, gives named extents their sizes, and prepares it for running. Throws Error.
LoadedModel load_model(const std::filesystem::path& path, const DimSizes& dims, int threads);

}  // namespace gatefold::tools
