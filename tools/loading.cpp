#include "tools/loading.h"

#include <utility>

#include "frontend/onnx_reader.h"
#include "passes/pipeline.h"

namespace gatefold::tools {

LoadedModel make_ready(Model model, const LoadOptions& options) {
  LoadedModel loaded;
  loaded.model = std::move(model);
  bind_dims(*loaded.model.graph, options.dims);
  bind_values(*loaded.model.graph, options.values);
  const bool is_compiled = loaded.model.metadata.count(std::string(kCompiledKey)) > 0;
  run_passes(*loaded.model.graph,
             options.optimize && !is_compiled ? kInferencePipeline : kRequiredPipeline,
             {.verify = false});
  loaded.executable = std::make_shared<const Executable>(
      loaded.model.graph, CompileOptions{.threads = options.threads, .products = options.products});
  loaded.context = std::make_unique<Context>(loaded.executable);
  return loaded;
}

LoadedModel load_model(const std::filesystem::path& path, const LoadOptions& options) {
  return make_ready(read_model(path), options);
}

}  // namespace gatefold::tools
