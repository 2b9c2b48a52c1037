#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "backend/executable.h"
#include "ir/graph.h"
#include "tools/input_values.h"
#include "tools/inputs.h"

namespace gatefold::tools {

/// A model file made ready to run.
struct LoadedModel {
  Model model;
  std::shared_ptr<const Executable> executable;
  std::unique_ptr<Context> context;
};

/// Metadata key of a compiled model; its value is the pipeline that was run.
inline constexpr std::string_view kCompiledKey = "gatefold.compiled";

struct LoadOptions {
  DimSizes dims = {};       ///< Sizes for named extents.
  InputValues values = {};  ///< Inputs that become constants.
  int threads = 1;
  ProductPrecision products = ProductPrecision::kFloat32;
  bool optimize = true;  ///< Run the inference pipeline, unless the model is compiled already.
};

/// Optimizes a model and prepares it for running. Throws Error.
LoadedModel make_ready(Model model, const LoadOptions& options);

/// Reads a model and makes it ready. Throws Error.
LoadedModel load_model(const std::filesystem::path& path, const LoadOptions& options);

}  // namespace gatefold::tools
