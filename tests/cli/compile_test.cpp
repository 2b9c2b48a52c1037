#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/cli/cli.h"

namespace gatefold::test {
namespace {

class CliCompile : public Cli {
 protected:
  CommandResult compile(const std::string& options) const {
    return gatefold("compile model.onnxtxt -o compiled.onnxtxt --emit text " + options);
  }
  /// What the tool complains about when the model is compiled so.
  std::string complaint(const std::string& options) const {
    const CommandResult result = compile(options);
    EXPECT_EQ(result.exit_code, 2) << options;
    EXPECT_TRUE(is_complaint(result.errors)) << result.errors;
    return result.errors;
  }
};

constexpr const char* kRates =
    "<ir_version: 8, opset_import: [\"\" : 17]>\n"
    "rates (float[n,4] x, int64 sr, float[k] gains) => (float[n,4] y, float[k] doubled)\n"
    "<int64 wide = {16000}, float half = {0.5}, float two = {2}>\n"
    "{\n"
    "  is_wide = Equal (sr, wide)\n"
    "  y = If (is_wide) <then_branch = whole () => (float[n,4] a) { a = Neg (x) },\n"
    "    else_branch = halved () => (float[n,4] b) { b = Mul (x, half) }>\n"
    "  doubled = Mul (gains, two)\n"
    "}\n";

TEST_F(CliCompile, TurnsInputsIntoConstants) {
  write("model.onnxtxt", kRates);
  const CommandResult result = compile("--value sr=16000 --value gains=1,2.5,-1e1");
  EXPECT_EQ(result.errors, "");
  EXPECT_EQ(result.exit_code, 0);
  const std::string compiled = read("compiled.onnxtxt");
  EXPECT_TRUE(contains(compiled, "rates (float[n,4] x) => (float[n,4] y, float[3] doubled)"));
  EXPECT_TRUE(contains(compiled, "{2, 5, -20}"));
  EXPECT_TRUE(contains(compiled, "Neg (x)"));
  EXPECT_FALSE(contains(compiled, "If"));
}

TEST_F(CliCompile, DrawsTheGraphBeforeAndAfter) {
  write("model.onnxtxt", kRates);
  EXPECT_EQ(compile("--value sr=16000 --svg graphs.svg").exit_code, 0);
  const std::string svg = read("graphs.svg");
  const std::size_t after = svg.find("After compiling");
  EXPECT_LT(svg.find("Before compiling"), after);
  EXPECT_LT(svg.find(">If<"), after);
  EXPECT_EQ(svg.rfind(">If<"), svg.find(">If<"));
  EXPECT_NE(svg.find(">Neg<", after), std::string::npos);
}

TEST_F(CliCompile, DrawsThePictureOfTheReadme) {
  const std::filesystem::path source = GATEFOLD_SOURCE_DIR;
  write("cell.onnxtxt", read((source / "examples/gates/lstm.onnxtxt").string()));
  EXPECT_EQ(gatefold("compile cell.onnxtxt -o compiled.onnx --svg cell.svg").exit_code, 0);
  EXPECT_EQ(read("cell.svg"), read((source / "docs/images/lstm_cell.svg").string()));
}

TEST_F(CliCompile, DrawsNothingThatCouldNotBeRead) {
  std::string nodes = "  v0 = Neg (x)\n";
  for (int i = 1; i < 70; ++i) nodes += fmt::format("  v{} = Sin (v{})\n", i, i - 1);
  write("model.onnxtxt",
        "<ir_version: 8, opset_import: [\"\" : 17]>\n"
        "long (float[2] x) => (float[2] v69) {\n" +
            nodes + "}");
  EXPECT_TRUE(contains(complaint("--svg graphs.svg"), "70 nodes before compiling"));
  EXPECT_FALSE(std::filesystem::exists(folder() / "compiled.onnxtxt"));
}

TEST_F(CliCompile, FillsATensorWithOneNumber) {
  write("model.onnxtxt", kRates);
  EXPECT_EQ(compile("--dim n=2 --value x=3").exit_code, 0);
  EXPECT_TRUE(contains(read("compiled.onnxtxt"), "{1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5}"));
}

TEST_F(CliCompile, RefusesValuesThatDoNotFit) {
  write("model.onnxtxt", kRates);
  EXPECT_TRUE(contains(complaint("--value rate=1"), "there are: x, sr, gains"));
  EXPECT_TRUE(contains(complaint("--value sr=fast"), "'fast' is no int64"));
  EXPECT_TRUE(contains(complaint("--value sr=1.5"), "'1.5' is no int64"));
  EXPECT_TRUE(contains(complaint("--value sr=99999999999999999999"), "is no int64"));
  EXPECT_TRUE(contains(complaint("--value sr=1,2"), "give 1"));
  EXPECT_TRUE(contains(complaint("--value x=1"), "--dim"));
  EXPECT_TRUE(contains(complaint("--dim n=2 --value x=1,2,3"), "give 1 or 8"));
  EXPECT_TRUE(contains(complaint("--value sr"), "NAME=NUMBER"));
  EXPECT_TRUE(contains(complaint("--value sr="), "NAME=NUMBER"));
}

constexpr const char* kStream =
    "<ir_version: 8, opset_import: [\"\" : 17]>\n"
    "stream (float[n,4] x, float[n,4] h0, float[n,4] c0, float[2] s) => (float[n,4] y, "
    "float[n,4] hn, float[n,4] cn, float[2] s_out)\n"
    "{\n"
    "  hn = Add (x, h0)\n"
    "  cn = Add (hn, c0)\n"
    "  y = Relu (cn)\n"
    "  s_out = Neg (s)\n"
    "}\n";

TEST_F(CliCompile, NamesStates) {
  write("model.onnxtxt", kStream);
  const auto named_by = [&](const std::string& source, const std::string& options) {
    const CommandResult result = gatefold("compile " + source + " " + options);
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    const std::string file = options.substr(options.find("-o ") + 3);
    return nlohmann::json::parse(gatefold("inspect --json " + file).output)["states"];
  };
  using States = std::vector<std::string>;
  EXPECT_EQ(named_by("model.onnxtxt", "-o none.onnx"), States{});
  EXPECT_EQ(named_by("model.onnxtxt", "--state hn=h0 --state cn=c0 -o two.onnx"),
            (States{"hn=h0", "cn=c0"}));
  EXPECT_EQ(named_by("two.onnx", "-o again.onnxtxt"), (States{"hn=h0", "cn=c0"}));
  EXPECT_EQ(named_by("again.onnxtxt", "--dim n=1 --value c0=0 -o one.onnx"), States{"hn=h0"});
  EXPECT_EQ(named_by("one.onnx", "--value h0=0 -o none.onnx"), States{});
  EXPECT_EQ(named_by("two.onnx", "--state s_out=s -o other.onnxtxt"), States{"s_out=s"});
}

TEST_F(CliCompile, RefusesStatesThatDoNotFit) {
  write("model.onnxtxt", kStream);
  EXPECT_TRUE(contains(complaint("--state hn"), "'hn' should be OUTPUT=INPUT"));
  EXPECT_TRUE(contains(complaint("--state h=h0"), "state h=h0: the model has no output 'h'"));
  EXPECT_TRUE(contains(complaint("--state hn=h"), "state hn=h: the model has no input 'h'"));
  EXPECT_TRUE(contains(complaint("--dim n=1 --value h0=0 --state hn=h0"), "has no input 'h0'"));
  EXPECT_TRUE(contains(complaint("--state s_out=h0"),
                       "output 's_out' is float[2] but input 'h0' is float[n,4]"));
  EXPECT_TRUE(contains(complaint("--state hn=h0 --state cn=h0"), "'h0' is carried into twice"));
  EXPECT_FALSE(std::filesystem::exists(folder() / "compiled.onnxtxt"));
}

TEST_F(CliCompile, WritesWhatTheFileNamePromises) {
  write("model.onnxtxt", kRates);
  EXPECT_EQ(gatefold("compile model.onnxtxt -o compiled.onnxtxt").exit_code, 0);
  EXPECT_TRUE(contains(read("compiled.onnxtxt"),
                       "producer_name: \"gatefold\", metadata_props: [\"gatefold.compiled\": "
                       "\"inference\"]>"));
  EXPECT_EQ(gatefold("inspect compiled.onnxtxt").exit_code, 0);
  EXPECT_EQ(gatefold("compile compiled.onnxtxt -o again.onnx").exit_code, 0);
  EXPECT_EQ(gatefold("inspect again.onnx").exit_code, 0);
  const CommandResult result = gatefold("compile model.onnxtxt -o text.onnx --emit text");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(contains(result.errors, "'text.onnx', which by its name is a model in protobuf"));
  EXPECT_FALSE(std::filesystem::exists(folder() / "text.onnx"));
}

}  // namespace
}  // namespace gatefold::test
