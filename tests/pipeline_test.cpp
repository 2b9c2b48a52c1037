#include "passes/pipeline.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "frontend/onnx_reader.h"
#include "ir/print.h"

namespace gatefold::test {
namespace {

namespace fs = std::filesystem;

// The graph of a pass test ends where its expected form begins.
Model read_text(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  const std::string all = text.str();
  return parse_model(all.substr(0, all.find("\n# expect")), path.string());
}

bool is_model(const fs::path& path) {
  return path.extension() == ".onnx" || path.extension() == ".onnxtxt";
}

// All models of this repository, and those below $GATEFOLD_TEST_MODELS.
std::vector<fs::path> all_models() {
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

class PipelineTest : public testing::TestWithParam<std::string_view> {};

TEST_P(PipelineTest, ChangesNothingTheSecondTime) {
  const std::string_view pipeline = GetParam();
  const PipelineOptions options{.training = pipeline == kTrainingPipeline};
  for (const fs::path& path : all_models()) {
    const Model model = path.extension() == ".onnx" ? read_model(path) : read_text(path);
    run_passes(*model.graph, pipeline, options);
    const std::string once = print(*model.graph);
    for (const PassReport& report : run_passes(*model.graph, pipeline, options)) {
      EXPECT_FALSE(report.changed) << report.name << " changes " << path << " again";
    }
    EXPECT_EQ(print(*model.graph), once) << path;
  }
}

INSTANTIATE_TEST_SUITE_P(Both, PipelineTest, testing::Values(kInferencePipeline, kTrainingPipeline),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace gatefold::test
