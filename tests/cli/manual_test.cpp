#include "tools/manual.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/cli/cli.h"
#include "tools/command.h"
#include "tools/command_line.h"

namespace gatefold::test {
namespace {

using tools::all_commands;
using tools::Command;
using tools::describe;
using tools::OptionHelp;

std::string escaped(const std::string& name) {
  std::string text;
  for (const char letter : name) text += letter == '-' ? "\\-" : std::string(1, letter);
  return text;
}

TEST_F(Cli, DescribesEveryCommandInTheManual) {
  const CommandResult tool = gatefold("man");
  EXPECT_TRUE(starts_with(tool.output, ".TH GATEFOLD 1 "));
  for (const Command* command : all_commands()) {
    const std::string name(command->name);
    EXPECT_TRUE(contains(tool.output, "\\fBgatefold\\-" + name + "\\fR(1)"));
    const CommandResult page = gatefold("man " + name);
    EXPECT_EQ(page.exit_code, 0);
    for (const OptionHelp& option : describe(*command).options) {
      EXPECT_FALSE(option.help.empty()) << name << " " << option.names.front();
      EXPECT_TRUE(contains(page.output, escaped(option.names.back()))) << name;
    }
  }
  EXPECT_TRUE(is_complaint(gatefold("man dance").errors));
  EXPECT_EQ(gatefold("man --all pages").exit_code, 0);
  EXPECT_EQ(read("pages/gatefold.1"), tool.output);
  EXPECT_EQ(read("pages/gatefold-train.1"), gatefold("man train").output);
}

TEST_F(Cli, WritesTheManualForMan) {
  const std::string page = tools::manual_page(
      {.name = "a-b",
       .summary = "Do it",
       .example = ".x\\y",
       .options = {{.names = {"-o", "--out"}, .value = "FILE", .choices = {}, .help = "Write"}}},
      "1.2");
  EXPECT_TRUE(starts_with(page, ".TH GATEFOLD\\-A\\-B 1 \"\" \"Gatefold 1.2\" \"Gatefold\"\n"));
  EXPECT_TRUE(contains(page, ".TP\n\\fB\\-o\\fR, \\fB\\-\\-out\\fR \\fIFILE\\fR\nWrite\n"));
  EXPECT_TRUE(contains(page, "\n  \\&.x\\ey\n"));
}

/// What bash would put behind a command line whose last word is being written.
std::string completed(const std::string& line) {
  return "bash -c 'eval \"$($gatefold completion bash)\"; COMP_WORDS=(" + line +
         "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _gatefold; echo \"${COMPREPLY[@]}\"'";
}

TEST_F(Cli, CompletesCommandsOptionsAndWordsInBash) {
  const auto reply = [&](const std::string& line) {
    return shell("export gatefold; " + completed(line)).output;
  };
  EXPECT_EQ(reply("gatefold tra"), "train translate\n");
  EXPECT_EQ(reply("gatefold train --optimizer adam"), "adam adamw\n");
  EXPECT_EQ(reply("gatefold train --milest"), "--milestones\n");
  EXPECT_EQ(reply("gatefold train model"), "\n");  // Files are completed by bash itself.
  for (const std::string& shell_name : tools::completion_shells()) {
    EXPECT_TRUE(contains(gatefold("completion " + shell_name).output, "multistep"));
  }
}

}  // namespace
}  // namespace gatefold::test
