#include "tools/loading.h"

#include "frontend/onnx_reader.h"

namespace gatefold::tools {

LoadedModel load_model(const std::filesystem::path& path, const DimSizes& dims, int threads) {
  LoadedModel loaded;
  loaded.model = read_model(path);
  bind_dims(*loaded.model.graph, dims);
  loaded.executable =
      std::make_shared<const Executable>(loaded.model.graph, CompileOptions{.threads = threads});
  loaded.context = std::make_unique<Context>(loaded.executable);
  return loaded;
}

}  // namespace gatefold::tools
