#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ir/error.h"
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

/// Counts the letters to insert, delete or change to turn one word into the other.
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t changed = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

/// Throws Error when the first argument is neither a command nor an option.
void check_command(std::string_view given) {
  std::vector<std::string_view> names;
  for (const Command* command : kCommands) names.push_back(command->name);
  if (given.starts_with('-') || std::find(names.begin(), names.end(), given) != names.end()) return;
  const auto nearest = *std::min_element(names.begin(), names.end(), [&](auto a, auto b) {
    return distance(given, a) < distance(given, b);
  });
  const bool is_near = distance(given, nearest) <= nearest.size() / 2;
  fail("unknown command '{}'{}; the commands are: {}", given,
       is_near ? fmt::format("; did you mean '{}'?", nearest) : "", fmt::join(names, ", "));
}

/// Parses the command line and runs the command that it names. Shows the general help when there
/// are no arguments.
int run_tool(int argc, char** argv) {
  if (argc > 1) check_command(argv[1]);
  CLI::App app("Compile, run, train, inspect, test and measure ONNX models.", "gatefold");
  app.set_version_flag("--version", std::string("gatefold ") + GATEFOLD_VERSION);
  app.require_subcommand(1);
  app.footer("Show the options of a command: gatefold COMMAND --help");
  std::vector<std::pair<CLI::App*, std::function<int()>>> runs;
  for (const Command* command : kCommands) {
    CLI::App* parser =
        app.add_subcommand(std::string(command->name), std::string(command->summary));
    parser->footer("Example:\n  " + std::string(command->example));
    runs.emplace_back(parser, command->declare(*parser));
  }
  if (argc < 2) {
    print("{}", app.help());
    return kSuccess;
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

/// Calls run_tool and turns every exception into one line and an exit code.
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
  // A write then fails instead, and a message says so.
  for (const int signal : {SIGPIPE, SIGXFSZ}) std::signal(signal, SIG_IGN);
  return gatefold::tools::run_guarded(argc, argv);
}
