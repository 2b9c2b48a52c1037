#include "session/compiled_model.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "frontend/onnx_reader.h"
#include "frontend/onnx_writer.h"
#include "ir/error.h"
#include "passes/pipeline.h"

namespace gatefold {
namespace {

const ModelPort& find_port(const std::vector<ModelPort>& ports, std::string_view name,
                           std::string_view what) {
  const auto found = std::find_if(ports.begin(), ports.end(),
                                  [&](const ModelPort& port) { return port.name == name; });
  if (found != ports.end()) return *found;
  std::vector<std::string_view> names;
  for (const ModelPort& port : ports) names.push_back(port.name);
  fail("the model has no {} '{}'; its {}s: {}", what, name, what,
       names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")));
}

}  // namespace

CompiledModel::CompiledModel(Model model, const LoadOptions& options) : model_(std::move(model)) {
  Graph& graph = *model_.graph;
  bind_dims(graph, options.dims);
  states_ = stated_states(model_);
  bind_values(graph, options.values);
  drop_lost_states(states_, graph);
  const bool is_compiled = model_.metadata.contains(std::string(kCompiledKey));
  const bool is_optimized = options.optimize && !is_compiled;
  run_passes(graph, is_optimized ? kInferencePipeline : kRequiredPipeline, {.verify = false});
  if (is_optimized) model_.metadata[std::string(kCompiledKey)] = kInferencePipeline;
  inputs_ = inputs_of(graph);
  outputs_ = outputs_of(graph);
  executable_ = std::make_shared<const Executable>(
      model_.graph, CompileOptions{.threads = options.threads,
                                   .products = options.precision,
                                   .reproducible = options.reproducible,
                                   .kernels = options.kernels,
                                   .most_plan_bytes = options.most_plan_bytes});
}

const ModelPort& CompiledModel::input(std::string_view name) const {
  return find_port(inputs_, name, "input");
}

const ModelPort& CompiledModel::output(std::string_view name) const {
  return find_port(outputs_, name, "output");
}

std::shared_ptr<const CompiledModel> load(Model model, const LoadOptions& options) {
  return std::make_shared<const CompiledModel>(std::move(model), options);
}

std::shared_ptr<const CompiledModel> load(const std::filesystem::path& path,
                                          const LoadOptions& options) {
  return load(read_model(path), options);
}

std::shared_ptr<const CompiledModel> load(std::span<const std::byte> bytes,
                                          const LoadOptions& options) {
  return load(read_model_bytes({reinterpret_cast<const char*>(bytes.data()), bytes.size()}),
              options);
}

void write_compiled(const CompiledModel& model, std::span<const CarriedState> states,
                    const std::filesystem::path& path) {
  check_states(model.graph(), states);
  Model written = model.model();
  written.training.clear();
  written.metadata.erase(std::string(kStatesKey));
  written.metadata.merge(metadata_of(states));
  write_model(written, path);
}

}  // namespace gatefold
