#include "passes/pipeline.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "ir/print.h"
#include "tests/repository_models.h"

namespace gatefold::test {
namespace {

namespace fs = std::filesystem;

class PipelineTest : public testing::TestWithParam<std::string_view> {};

TEST_P(PipelineTest, ChangesNothingTheSecondTime) {
  const std::string_view pipeline = GetParam();
  const PipelineOptions options{.training = pipeline == kTrainingPipeline};
  for (const fs::path& path : repository_models()) {
    const Model model = read_repository_model(path);
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
