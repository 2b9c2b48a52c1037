#include <array>

#include "tools/command.h"

namespace gatefold::tools {

std::span<const Command* const> all_commands() {
  static constexpr std::array kCommands{
      &kRunCommand,       &kInspectCommand,    &kCompileCommand,    &kTrainCommand,
      &kTestCommand,      &kBenchCommand,      &kOptCommand,        &kGradcheckCommand,
      &kGradflowCommand,  &kBackwardCommand,   &kNewCommand,        &kPrepareCommand,
      &kEvalCommand,      &kPlotCommand,       &kPredictCommand,    &kGenerateCommand,
      &kTranslateCommand, &kNeighboursCommand, &kEmbedCommand,      &kReportCommand,
      &kWeightsCommand,   &kManCommand,        &kCompletionCommand,
  };
  return kCommands;
}

}  // namespace gatefold::tools
