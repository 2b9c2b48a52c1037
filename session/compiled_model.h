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

/// How to compile a model.
struct LoadOptions {
  int threads = 1;  ///< Number of threads for one run.
  ProductPrecision precision = ProductPrecision::kFloat32;
  DimSizes dims = {};        ///< Sizes for named extents; values that depend only on them fold.
  InputTensors values = {};  ///< Inputs that become constants.
  /// Run the inference pipeline, unless the file says that its model is compiled already.
  bool optimize = true;
  /// Choose kernels by rule, never by measuring; see CompileOptions.
  bool reproducible = false;
  /// Whose kernels are used where there are several.
  KernelChoice kernels = KernelChoice::kFastest;
  /// Bytes, approximately, that a session may keep in plans for input shapes seen before.
  std::size_t most_plan_bytes = CompileOptions{}.most_plan_bytes;
};

/// Metadata key of a compiled model; its value names the pipeline that was run.
inline constexpr std::string_view kCompiledKey = "gatefold.compiled";

/// A model that is ready to run: imported, bound and optimized. It is immutable; any number of
/// sessions on any number of threads share it and its weights.
class CompiledModel {
 public:
  /// Binds, optimizes and prepares an imported model. Throws Error for a name that the model lacks,
  /// an operator that cannot be run, and a precision that the machine lacks.
  CompiledModel(Model model, const LoadOptions& options);

  const std::vector<ModelPort>& inputs() const { return inputs_; }
  const std::vector<ModelPort>& outputs() const { return outputs_; }
  /// Returns the states that the file itself names, without those whose input has become a
  /// constant; see kStatesKey.
  const std::vector<CarriedState>& states() const { return states_; }
  /// Returns the input or output of that name. Throws Error, listing the names, if there is none.
  const ModelPort& input(std::string_view name) const;
  const ModelPort& output(std::string_view name) const;

  /// Returns the optimized graph with everything else that the file says, and in its metadata how
  /// it was compiled.
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

/// Reads a model file and compiles it. Throws Error as read_model and CompiledModel do.
std::shared_ptr<const CompiledModel> load(const std::filesystem::path& path,
                                          const LoadOptions& options = {});
/// Compiles the model in the bytes of a model file; the bytes are not needed after the call.
std::shared_ptr<const CompiledModel> load(std::span<const std::byte> bytes,
                                          const LoadOptions& options = {});
/// Compiles a model in memory.
std::shared_ptr<const CompiledModel> load(Model model, const LoadOptions& options = {});

/// Writes a compiled model as a file that is loaded without being optimized again, if it has been
/// optimized, and that names `states` as those that sessions carry. What its own file says of
/// training is left out. Throws Error as write_model and check_states do.
void write_compiled(const CompiledModel& model, std::span<const CarriedState> states,
                    const std::filesystem::path& path);

}  // namespace gatefold
