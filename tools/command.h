#pragma once

#include <functional>
#include <span>
#include <string_view>

namespace gatefold::tools {

class OptionParser;

/// Exit codes of every command.
enum ExitCode : int {
  kSuccess = 0,
  kTestFailed = 1,
  kBadUse = 2,  ///< Bad options, or input that cannot be used.
};

/// One command of the tool: `gatefold NAME ...`.
struct Command {
  std::string_view name;
  std::string_view summary;
  /// Shown below the options by --help.
  std::string_view example;
  /// Declares the command's options. The result runs the command with what was parsed into them and
  /// returns the exit code; it throws Error for input that cannot be used.
  std::function<int()> (*declare)(OptionParser& parser);
};

extern const Command kBackwardCommand;
extern const Command kBenchCommand;
extern const Command kCompileCommand;
extern const Command kCompletionCommand;
extern const Command kEmbedCommand;
extern const Command kEvalCommand;
extern const Command kGenerateCommand;
extern const Command kGradcheckCommand;
extern const Command kGradflowCommand;
extern const Command kInspectCommand;
extern const Command kManCommand;
extern const Command kNeighboursCommand;
extern const Command kNewCommand;
extern const Command kOptCommand;
extern const Command kPlotCommand;
extern const Command kPredictCommand;
extern const Command kPrepareCommand;
extern const Command kReportCommand;
extern const Command kRunCommand;
extern const Command kTestCommand;
extern const Command kTrainCommand;
extern const Command kTranslateCommand;
extern const Command kWeightsCommand;

/// All commands, in the order in which the help lists them.
std::span<const Command* const> all_commands();

}  // namespace gatefold::tools
