#include <gtest/gtest.h>

#include "tests/cli/cli.h"

namespace gatefold::test {
namespace {

class CliHelp : public Cli, public testing::WithParamInterface<const char*> {};

TEST_P(CliHelp, ExplainsTheCommandAndShowsAnExample) {
  const CommandResult result = gatefold(std::string(GetParam()) + " --help");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(contains(result.output, "Example:\n  gatefold " + std::string(GetParam()) + " "));
  EXPECT_EQ(result.errors, "");
}

INSTANTIATE_TEST_SUITE_P(Commands, CliHelp,
                         testing::Values("run", "inspect", "compile", "train", "test", "bench",
                                         "opt", "gradcheck", "gradflow", "backward"));

TEST_F(Cli, ListsItsCommands) {
  const CommandResult result = gatefold("--help");
  EXPECT_EQ(result.exit_code, 0);
  for (const char* command : {"run", "inspect", "compile", "train", "test", "bench", "opt",
                              "gradcheck", "gradflow", "backward"}) {
    EXPECT_TRUE(contains(result.output, "\n  " + std::string(command) + " "));
  }
}

TEST_F(Cli, ShowsTheGeneralHelpWithoutArguments) {
  const CommandResult result = gatefold("");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.output, gatefold("--help").output);
  EXPECT_EQ(result.errors, "");
}

TEST_F(Cli, TellsItsVersion) { EXPECT_TRUE(contains(gatefold("--version").output, "gatefold 0.")); }

TEST_F(Cli, ListsThePasses) {
  const CommandResult result = gatefold("opt --list");
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_TRUE(contains(result.output, "\nfuse-lstm-cell "));
  EXPECT_TRUE(contains(gatefold("opt").errors, "a model is required"));
}

TEST_F(Cli, RefusesBadUse) {
  for (const char* arguments : {"dance", "run", "run model.onnx --dance", "bench x --threads 0",
                                "bench x --seconds soon", "run x --format pdf"}) {
    const CommandResult result = gatefold(arguments);
    EXPECT_EQ(result.exit_code, 2) << arguments;
    EXPECT_EQ(result.output, "") << arguments;
    EXPECT_TRUE(is_complaint(result.errors)) << arguments;
  }
}

TEST_F(Cli, NamesTheCommandThatItDoesNotKnow) {
  const CommandResult near = gatefold("trian model.onnx");
  EXPECT_EQ(near.exit_code, 2);
  EXPECT_TRUE(starts_with(near.errors,
                          "gatefold: unknown command 'trian'; did you mean 'train'?; the commands "
                          "are: run, inspect, "));
  const CommandResult far = gatefold("xyz");
  EXPECT_TRUE(starts_with(far.errors, "gatefold: unknown command 'xyz'; the commands are: run, "));
}

TEST_F(Cli, NamesTheFileThatCannotBeRead) {
  for (const char* command : {"run", "inspect", "bench"}) {
    const CommandResult result = gatefold(std::string(command) + " missing.onnx");
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_TRUE(contains(result.errors, "missing.onnx"));
  }
}

TEST_F(Cli, SurvivesAReaderThatGoesAway) {
  const CommandResult result = gatefold("--help | true; echo $?");
  EXPECT_EQ(result.output, "0\n");
  EXPECT_EQ(result.errors, "");
}

TEST_F(Cli, ReportsAFullDisk) {
  write("pick.onnxtxt", "g (float[2] x, int64[1] i) => (float[1] y) { y = Gather (x, i) }");
  const CommandResult result = gatefold("inspect pick.onnxtxt > /dev/full");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(contains(result.errors, "gatefold: standard output cannot be written: "));
}

}  // namespace
}  // namespace gatefold::test
