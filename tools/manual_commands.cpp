#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "ir/error.h"
#include "session/arrays/files.h"
#include "tools/command.h"
#include "tools/manual.h"
#include "tools/output.h"

namespace gatefold::tools {
namespace {

std::vector<CommandHelp> describe_all() {
  std::vector<CommandHelp> commands;
  for (const Command* command : all_commands()) commands.push_back(describe(*command));
  return commands;
}

int print_manual(const std::string& name) {
  const std::vector<CommandHelp> commands = describe_all();
  if (name.empty()) {
    print_text(manual_page(commands, GATEFOLD_VERSION));
    return kSuccess;
  }
  const auto found = std::find_if(commands.begin(), commands.end(),
                                  [&](const CommandHelp& command) { return command.name == name; });
  if (found == commands.end()) fail("'{}' is no command; see gatefold --help", name);
  print_text(manual_page(*found, GATEFOLD_VERSION));
  return kSuccess;
}

int write_manuals(const std::filesystem::path& folder) {
  const std::vector<CommandHelp> commands = describe_all();
  make_folder(folder);
  write_file(folder / "gatefold.1", manual_page(commands, GATEFOLD_VERSION));
  for (const CommandHelp& command : commands) {
    write_file(folder / fmt::format("gatefold-{}.1", command.name),
               manual_page(command, GATEFOLD_VERSION));
  }
  return kSuccess;
}

std::function<int()> declare_man(OptionParser& parser) {
  struct Options {
    std::string name;
    std::filesystem::path folder;
  };
  auto options = std::make_shared<Options>();
  parser.add_option("COMMAND", options->name,
                    "Command to describe; without one, the tool as a whole");
  parser.add_option("--all", options->folder, "Write the pages of all commands into this folder")
      .type_name("DIR");
  return [options] {
    return options->folder.empty() ? print_manual(options->name) : write_manuals(options->folder);
  };
}

std::function<int()> declare_completion(OptionParser& parser) {
  auto shell = std::make_shared<std::string>();
  parser.add_option("SHELL", *shell, "Shell to write for").required().one_of(completion_shells());
  return [shell] {
    print_text(completion(*shell, describe_all()));
    return kSuccess;
  };
}

}  // namespace

const Command kManCommand{
    .name = "man",
    .summary = "Print a manual page",
    .example = "gatefold man train | man -l -",
    .declare = declare_man,
};

const Command kCompletionCommand{
    .name = "completion",
    .summary = "Print a script with which a shell completes commands and options",
    .example = "gatefold completion bash > ~/.local/share/bash-completion/completions/gatefold",
    .declare = declare_completion,
};

}  // namespace gatefold::tools
