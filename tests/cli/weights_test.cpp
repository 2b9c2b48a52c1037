#include <gtest/gtest.h>

#include <string>

#include "tests/cli/cli.h"

namespace gatefold::test {
namespace {

class CliWeights : public Cli {
 protected:
  void write_model(const std::string& name, const std::string& weights) const {
    write(name,
          "<ir_version: 8, opset_import: [\"\" : 17]>\n"
          "g (float[2,2] x) => (float[2,2] z)\n<" +
              weights +
              ", int64[2] shape = {2, 2}>\n{ y = MatMul (x, w) s = Reshape (y, shape)\n "
              "z = Add (s, b) }");
  }

  std::string refusal(const std::string& arguments) const {
    const CommandResult result = gatefold(arguments);
    EXPECT_EQ(result.exit_code, 2) << arguments;
    EXPECT_TRUE(is_complaint(result.errors));
    return result.errors;
  }
};

TEST_F(CliWeights, GoToSafetensorsAndBack) {
  write_model("model.onnxtxt", "float[2,2] w = {1, 2, 3, 4}, float[2] b = {0.1, -0.2}");
  write_model("zeros.onnxtxt", "float[2,2] w = {0, 0, 0, 0}, float[2] b = {0, 0}");
  const CommandResult written = gatefold("weights model.onnxtxt -o w.safetensors");
  ASSERT_EQ(written.exit_code, 0) << written.errors;
  EXPECT_EQ(written.output, "wrote w.safetensors with 2 tensors\n");
  EXPECT_TRUE(contains(read("w.safetensors"),
                       R"({"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"w":{)"));
  for (const std::string source : {"model.onnxtxt", "zeros.onnxtxt"}) {
    ASSERT_EQ(gatefold("weights " + source + " --load w.safetensors -o new.onnx").exit_code, 0);
    ASSERT_EQ(gatefold("weights new.onnx -o again.safetensors").exit_code, 0);
    EXPECT_EQ(read("again.safetensors"), read("w.safetensors"));
  }
}

TEST_F(CliWeights, AreThoseOfConstantNodesAndSubGraphs) {
  const auto write_loop = [&](const std::string& name, const std::string& numbers) {
    write(name,
          "<ir_version: 8, opset_import: [\"\" : 17]>\n"
          "g (float[2] x, int64 n) => (float[2] z) {\n"
          "  shift = Constant <value = float[2] {" +
              numbers +
              "}> ()\n"
              "  half = Constant <value = float {0.5}> ()\n"
              "  scaled = Mul (x, half)\n"
              "  y = Add (scaled, shift)\n"
              "  yes = Constant <value = bool {1}> ()\n"
              "  z = Loop <body = step (int64 i, bool go, float[2] v) => (bool go_on, float[2] w)\n"
              "    <float[2] factor = {" +
              numbers +
              "}> {\n"
              "      go_on = Identity (go) w = Mul (v, factor) }> (n, yes, y)\n}");
  };
  write_loop("model.onnxtxt", "3, -1.5");
  write_loop("zeros.onnxtxt", "0, 0");
  EXPECT_EQ(gatefold("weights model.onnxtxt -o w.safetensors").output,
            "wrote w.safetensors with 2 tensors\n");
  EXPECT_TRUE(contains(read("w.safetensors"), "\"factor\":"));
  EXPECT_TRUE(contains(read("w.safetensors"), "\"shift\":"));
  ASSERT_EQ(gatefold("weights zeros.onnxtxt --load w.safetensors -o new.onnx").exit_code, 0);
  ASSERT_EQ(gatefold("weights new.onnx -o again.safetensors").exit_code, 0);
  EXPECT_EQ(read("again.safetensors"), read("w.safetensors"));
}

TEST_F(CliWeights, RefuseToLoadWhatDoesNotFit) {
  write_model("model.onnxtxt", "float[2,2] w = {1, 2, 3, 4}, float[2] b = {0.1, -0.2}");
  write_model("wide.onnxtxt", "float[2,2] w = {1, 2, 3, 4}, float[1,2] b = {0.1, -0.2}");
  write("single.onnxtxt",
        "<ir_version: 8, opset_import: [\"\" : 17]>\n"
        "g (float[2] x) => (float[2] z) <float[2] b = {1, 2}> { z = Add (x, b) }");
  for (const std::string name : {"model", "wide", "single"}) {
    const std::string command = "weights " + name + ".onnxtxt -o " + name + ".safetensors";
    ASSERT_EQ(gatefold(command).exit_code, 0);
  }
  EXPECT_TRUE(contains(refusal("weights model.onnxtxt --load wide.safetensors -o new.onnx"),
                       "tensor 'b' is float[1,2] in 'wide.safetensors', but float[2] in "
                       "'model.onnxtxt'"));
  EXPECT_TRUE(contains(refusal("weights model.onnxtxt --load single.safetensors -o new.onnx"),
                       "'single.safetensors' lacks the weight 'w' of 'model.onnxtxt'"));
  EXPECT_TRUE(contains(refusal("weights single.onnxtxt --load model.safetensors -o new.onnx"),
                       "'model.safetensors' has a tensor 'w', but 'single.onnxtxt' has no weight"));
  write("broken.safetensors", read("model.safetensors").substr(0, 100));
  EXPECT_TRUE(contains(refusal("weights model.onnxtxt --load broken.safetensors -o new.onnx"),
                       "'broken.safetensors' is not a whole .safetensors file"));
  write("bare.onnxtxt",
        "<ir_version: 8, opset_import: [\"\" : 17]>\n"
        "g (float[2] x) => (float[2] z) { z = Neg (x) }");
  EXPECT_TRUE(contains(refusal("weights bare.onnxtxt -o bare.safetensors"),
                       "'bare.onnxtxt' has no floating-point initializers or Constant nodes"));
  EXPECT_EQ(read("new.onnx") + read("bare.safetensors"), "");
}

}  // namespace
}  // namespace gatefold::test
