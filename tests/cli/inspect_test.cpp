#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/cli.h"

namespace gatefold::test {
namespace {

class CliInspect : public Cli {
 protected:
  CliInspect() {
    write("layer.onnxtxt", R"(
      <ir_version: 8, opset_import: ["" : 17], producer_name: "hand">
      layer (float[time,batch,2] x) => (float[time,d,batch,3] y)
        <float[1,9,2] W = {0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0},
         float[1,9,3] R = {0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}>
      { y = GRU <hidden_size = 3, linear_before_reset = 1> (x, W, R) })");
  }
};

TEST_F(CliInspect, CountsParametersAndOperations) {
  const CommandResult result = gatefold("inspect layer.onnxtxt --json --dim time=5 --dim batch=2");
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  const auto json = nlohmann::json::parse(result.output);
  EXPECT_EQ(json["opset"], 17);
  EXPECT_EQ(json["inputs"][0]["type"], "float[5,2,2]");
  EXPECT_EQ(json["ops"], nlohmann::json({{"GRU", 1}}));
  EXPECT_EQ(json["parameters"]["elements"], 45);
  EXPECT_EQ(json["parameters"]["bytes"], 180);
  EXPECT_EQ(json["macs"], 5 * 2 * 45);
  const auto& layer = json["recurrent_layers"][0];
  EXPECT_EQ(layer["direction"], "forward");
  EXPECT_EQ(layer["I"], "2");
  EXPECT_EQ(layer["H"], "3");
  EXPECT_EQ(layer["T"], "5");
  EXPECT_EQ(layer["N"], "2");
  EXPECT_EQ(layer["options"], "linear_before_reset=1");
}

TEST_F(CliInspect, SaysWhichExtentIsOpen) {
  const CommandResult result = gatefold("inspect layer.onnxtxt");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(contains(result.output, "multiply-accumulates: open, they depend on 'time' of GRU"));
  EXPECT_EQ(nlohmann::json::parse(gatefold("inspect layer.onnxtxt --json").output)["macs"],
            nullptr);
}

TEST_F(CliInspect, PrintsTheGraphAsText) {
  const CommandResult result = gatefold("inspect layer.onnxtxt --text");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(contains(result.output, "y = GRU <"));
}

TEST_F(CliInspect, ShowsStatedShapesThatAreWrong) {
  write("stated.onnxtxt", R"(
    <ir_version: 8, opset_import: ["" : 17]>
    g (float[2,n] x) => (float[3,n] y, float[a,b] z) <float[4,n] a> {
      a = Neg (x)
      y = Relu (a)
      z = Abs (x)
    })");
  const CommandResult result = gatefold("inspect stated.onnxtxt");
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_TRUE(contains(result.output, "stated shape is wrong  stated      derived, and used\n"))
      << result.output;
  EXPECT_TRUE(contains(result.output, "y                      float[3,n]  float[2,n]\n"));
  EXPECT_TRUE(contains(result.output, "a                      float[4,n]  float[2,n]\n"));
  EXPECT_EQ(gatefold("run stated.onnxtxt --random 1 --dim n=1").exit_code, 0);
  const auto json = nlohmann::json::parse(gatefold("inspect stated.onnxtxt --json").output);
  EXPECT_EQ(json["contradictions"].size(), 2U);
  EXPECT_EQ(json["contradictions"][0],
            nlohmann::json({{"name", "y"}, {"stated", "float[3,n]"}, {"derived", "float[2,n]"}}));
}

TEST_F(CliInspect, DrawsTheGraph) {
  EXPECT_EQ(gatefold("inspect layer.onnxtxt --dot graph.dot").exit_code, 0);
  EXPECT_TRUE(contains(read("graph.dot"), "[label=\"GRU\"]"));
  const CommandResult result = gatefold("inspect layer.onnxtxt --dot missing/graph.dot");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(contains(result.errors, "cannot be written: No such file or directory"));
}

TEST_F(CliInspect, ReportsAFullDisk) {
  const CommandResult result = gatefold("inspect layer.onnxtxt --dot /dev/full");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(contains(result.errors, "'/dev/full' cannot be written: No space left on device"));
}

}  // namespace
}  // namespace gatefold::test
