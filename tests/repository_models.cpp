#include "tests/repository_models.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "frontend/onnx_reader.h"

namespace gatefold::test {

namespace fs = std::filesystem;

namespace {

bool is_model(const fs::path& path) {
  return path.extension() == ".onnx" || path.extension() == ".onnxtxt";
}

}  // namespace

std::vector<fs::path> repository_models() {
  const fs::path root = GATEFOLD_SOURCE_DIR;
  std::vector<fs::path> folders{root / "examples", root / "tests/passes"};
  if (const char* more = std::getenv("GATEFOLD_TEST_MODELS")) folders.emplace_back(more);
  std::vector<fs::path> models;
  for (const fs::path& folder : folders) {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (is_model(entry.path())) models.push_back(entry.path());
    }
  }
  return models;
}

Model read_repository_model(const fs::path& path) {
  if (path.extension() == ".onnx") return read_model(path);
  std::ifstream file(path);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  return parse_model(text.substr(0, text.find("\n# expect")), path.string());
}

}  // namespace gatefold::test
