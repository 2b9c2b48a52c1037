#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "session/compiled_model.h"
#include "tools/input_values.h"

namespace gatefold::tools {

/// Something to measure: it runs again and again, always in the same way.
struct BenchSubject {
  std::filesystem::path model;
  double read = 0;             ///< Seconds to read the file into a graph with types.
  double compile = 0;          ///< Seconds from the graph until it can be run.
  Context* context = nullptr;  ///< The Context that `run` uses, and owns.
  std::function<void()> run = {};
};

/// Prepares a model with the inputs of the first data set of a test folder, or with random ones;
/// `values` turn inputs into constants. Throws Error for a model or data that cannot be used.
BenchSubject inference_subject(const std::filesystem::path& path, const LoadOptions& options,
                               const InputValues& values, std::uint64_t seed);

/// Prepares the training step of a training test's folder with its first batch; `checkpoint_every`
/// is as in TrainingSpec, 0: what the folder says. Throws Error for a folder that cannot be used.
BenchSubject training_subject(const std::filesystem::path& folder, std::int64_t checkpoint_every,
                              const CompileOptions& options);

}  // namespace gatefold::tools
