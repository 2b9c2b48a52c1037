#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/cli/cli.h"

namespace gatefold::test {
namespace {

TEST_F(Cli, BenchMeasuresATestFolder) {
  copy_example("digits_gru");
  const CommandResult result = gatefold("bench digits_gru --seconds 0.01 --json --ops");
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  const auto json = nlohmann::json::parse(result.output);
  EXPECT_EQ(json["model"], "digits_gru/model.onnx");
  EXPECT_EQ(json["threads"], 1);
  EXPECT_GE(json["runs"], 5);
  EXPECT_GT(json["min_ms"], 0.0);
  EXPECT_LE(json["min_ms"], json["median_ms"]);
  EXPECT_LE(json["median_ms"], json["p99_ms"]);
  EXPECT_GT(json["read_ms"], 0.0);
  EXPECT_GT(json["compile_ms"], 0.0);
  EXPECT_GT(json["first_ms"], 0.0);
  EXPECT_GT(json["rss_growth_mib"], 0.0);
  EXPECT_GT(json["peak_rss_mib"], json["rss_growth_mib"]);
  EXPECT_FALSE(json["ops"].empty());
}

TEST_F(Cli, BenchNeedsNoOutputs) {
  copy_example("digits_gru");
  std::filesystem::remove(folder() / "digits_gru/test_data_set_0/output_0.pb");
  std::filesystem::remove_all(folder() / "digits_gru/test_data_set_1");
  const CommandResult result = gatefold("bench digits_gru --seconds 0.01 --json");
  EXPECT_EQ(result.exit_code, 0) << result.errors;
}

TEST_F(Cli, BenchMakesUpInputs) {
  copy_example("digits_gru");
  const CommandResult result =
      gatefold("bench digits_gru/model.onnx --dim batch=3 --seconds 0.01 --ops");
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_TRUE(contains(result.output, "latency of "));
  EXPECT_TRUE(contains(result.output, "GRU"));
}

TEST_F(Cli, BenchMarksArithmeticWithoutAKernel) {
  write("model.onnxtxt",
        "<ir_version: 10, opset_import: [\"\" : 18]>\n"
        "g (float[2,3,3] x) => (float[2] y, int64[1,n] z) {\n"
        "  d = Det (x)\n  y = Relu (d)\n  z = NonZero (y)\n}\n");
  const CommandResult result = gatefold("bench model.onnxtxt --seconds 0.01 --json --ops");
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  std::map<std::string, bool> marks;
  const auto json = nlohmann::json::parse(result.output);
  for (const auto& row : json["ops"]) marks[row["op"]] = row["lacks_kernel"];
  EXPECT_EQ(marks,
            (std::map<std::string, bool>{{"Det", true}, {"NonZero", false}, {"Relu", false}}));

  const CommandResult table = gatefold("bench model.onnxtxt --seconds 0.01 --ops");
  EXPECT_TRUE(contains(table.output, "evaluate, no kernel"));
}

TEST_F(Cli, BenchShowsStepsBesideTheMachine) {
  copy_example("digits_gru");
  const CommandResult result = gatefold("bench digits_gru --seconds 0.01 --json --roofline");
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  const auto json = nlohmann::json::parse(result.output);
  EXPECT_GT(json["machine"]["gflops"], 0.0);
  EXPECT_FALSE(json["machine"]["reads"].empty());
  const auto& rows = json["roofline"];
  const auto gru =
      std::find_if(rows.begin(), rows.end(), [](const auto& row) { return row["op"] == "GRU"; });
  ASSERT_NE(gru, rows.end());
  EXPECT_GT((*gru)["flops"], 0.0);
  EXPECT_GT((*gru)["bytes_in_turn"], 0.0);
  EXPECT_GT((*gru)["bound_us"], 0.0);
  EXPECT_DOUBLE_EQ((*gru)["fraction"],
                   (*gru)["bound_us"].get<double>() / (*gru)["us"].get<double>());

  const CommandResult table = gatefold("bench digits_gru --seconds 0.01 --roofline");
  EXPECT_TRUE(contains(table.output, "GFLOP/s"));
  EXPECT_TRUE(contains(table.output, "reached"));
}

TEST_F(Cli, BenchMeasuresATrainingStep) {
  const std::string folder = GATEFOLD_SOURCE_DIR "/tests/training/weight_chain_adam";
  const CommandResult result = gatefold("bench " + folder + " --train --seconds 0.01 --json --ops");
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  const auto json = nlohmann::json::parse(result.output);
  EXPECT_GE(json["runs"], 5);
  EXPECT_FALSE(json["ops"].empty());
}

}  // namespace
}  // namespace gatefold::test
