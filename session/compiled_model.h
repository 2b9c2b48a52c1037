#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend/executable.h"
#include "ir/graph.h"
#include "passes/bind.h"
#include "session/carried_states.h"
#include "session/port.h"

namespace gatefold {

/// How a model is to be compiled.
struct LoadOptions {
  int threads = 1;  ///< Threads of one run.
  ProductPrecision precision = ProductPrecision::kFloat32;
  DimSizes dims = {};        ///< Sizes for named extents; what depends on them alone is computed.
  InputTensors values = {};  ///< Inputs that become constants.
  /// Run the inference pipeline, unless the file says that it is compiled already.
  bool optimize = true;
  /// Choose kernels by rule, never by measuring; see CompileOptions.
  bool reproducible = false;
  /// About how much memory a session may keep for plans of shapes it has seen.
  std::size_t most_plan_bytes = CompileOptions{}.most_plan_bytes;
};

/// Metadata key of a compiled model; its value is the pipeline that was run.
inline constexpr std::string_view kCompiledKey = "gatefold.compiled";

/// A model ready to run: imported, bound, optimized. Immutable, and shared by any number of
/// sessions on any number of threads, which share its weights.
class CompiledModel {
 public:
  /// Throws Error: a name that the model lacks, an operator that cannot be run, a precision that
  /// the machine lacks.
  CompiledModel(Model model, const LoadOptions& options);

  const std::vector<ModelPort>& inputs() const { return inputs_; }
  const std::vector<ModelPort>& outputs() const { return outputs_; }
  /// The states that the file itself names; see kStatesKey.
  const std::vector<CarriedState>& states() const { return states_; }
  /// The port of that name. Throws Error with the names there are.
  const ModelPort& input(std::string_view name) const;
  const ModelPort& output(std::string_view name) const;

  /// What the file said beside its graph, which is the optimized one.
  const Model& model() const { return model_; }
  const Graph& graph() const { return *model_.graph; }
  const std::shared_ptr<const Executable>& executable() const { return executable_; }

 private:
  Model model_;
  std::vector<ModelPort> inputs_;
  std::vector<ModelPort> outputs_;
  std::vector<CarriedState> states_;
  std::shared_ptr<const Executable> executable_;
};

/// Reads a model file and compiles it. Throws Error: see read_model and CompiledModel.
std::shared_ptr<const CompiledModel> load(const std::filesystem::path& path,
                                          const LoadOptions& options = {});
/// The same for the bytes of a model file, which may be dropped afterwards.
std::shared_ptr<const CompiledModel> load(std::span<const std::byte> bytes,
                                          const LoadOptions& options = {});
/// The same for a model in memory.
std::shared_ptr<const CompiledModel> load(Model model, const LoadOptions& options = {});

}  // namespace gatefold
