#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "tools/command.h"
#include "tools/output.h"

namespace gatefold::tools {
namespace {

const std::array<const Command*, 9> kCommands{
    &kRunCommand,   &kInspectCommand, &kCompileCommand,   &kTrainCommand,    &kTestCommand,
    &kBenchCommand, &kOptCommand,     &kGradcheckCommand, &kGradflowCommand,
};

int complain(std::string message) {
  std::replace(message.begin(), message.end(), '\n', ' ');
  std::fprintf(stderr, "gatefold: %s\n", message.c_str());
  return kBadUse;
}

/// Parses the command line and runs the command it names.
int run_tool(int argc, char** argv) {
  CLI::App app("Compiles, runs, trains, inspects, tests and measures ONNX models.", "gatefold");
  app.set_version_flag("--version", std::string("gatefold ") + GATEFOLD_VERSION);
  app.require_subcommand(1);
  app.footer("Every command explains itself: gatefold COMMAND --help");
  std::vector<std::pair<CLI::App*, std::function<int()>>> runs;
  for (const Command* command : kCommands) {
    CLI::App* parser =
        app.add_subcommand(std::string(command->name), std::string(command->summary));
    parser->footer("Example:\n  " + std::string(command->example));
    runs.emplace_back(parser, command->declare(*parser));
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) return complain(error.what());
    app.exit(error);  // Prints what --help or --version asked for.
    return kSuccess;
  }
  const auto chosen =
      std::find_if(runs.begin(), runs.end(), [](const auto& run) { return run.first->parsed(); });
  return chosen->second();
}

/// As run_tool, with every exception turned into one line and an exit code.
int run_guarded(int argc, char** argv) {
  try {
    const int code = run_tool(argc, argv);
    flush_output();
    return code;
  } catch (const std::bad_alloc&) {
    return complain("out of memory");
  } catch (const std::exception& error) {
    return complain(error.what());
  }
}

}  // namespace
}  // namespace gatefold::tools

int main(int argc, char** argv) {
  // Writing then fails and is answered with a message.
  for (const int signal : {SIGPIPE, SIGXFSZ}) std::signal(signal, SIG_IGN);
  return gatefold::tools::run_guarded(argc, argv);
}
