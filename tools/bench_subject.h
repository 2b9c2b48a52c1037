#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "session/compiled_model.h"
#include "tools/input_values.h"

namespace gatefold::tools {

/// Something to be run again and again, always in the same way.
struct BenchSubject {
  std::filesystem::path model;
  double read = 0;             ///< Seconds for the file: from bytes to a graph with its types.
  double compile = 0;          ///< Seconds from there until it can be run.
  Context* context = nullptr;  ///< What `run` runs, and owns.
  std::function<void()> run = {};
};

/// A model on the inputs of the first data set of a test folder, or on random ones; `values` make
/// inputs constants. Throws Error.
BenchSubject inference_subject(const std::filesystem::path& path, const LoadOptions& options,
                               const InputValues& values, std::uint64_t seed);

/// A training step of a training test's folder on its first batch; `checkpoint_every` as in
/// TrainingSpec, 0: what the folder says. Throws Error.
BenchSubject training_subject(const std::filesystem::path& folder, std::int64_t checkpoint_every,
                              const CompileOptions& options);

}  // namespace gatefold::tools
