#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <string>

#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/output.h"

namespace gatefold::tools {
namespace {

const std::array kCommands{
    &kRunCommand,       &kInspectCommand,    &kCompileCommand, &kTrainCommand,
    &kTestCommand,      &kBenchCommand,      &kOptCommand,     &kGradcheckCommand,
    &kGradflowCommand,  &kBackwardCommand,   &kNewCommand,     &kPrepareCommand,
    &kEvalCommand,      &kPlotCommand,       &kPredictCommand, &kGenerateCommand,
    &kTranslateCommand, &kNeighboursCommand, &kEmbedCommand,   &kWeightsCommand,
};

int complain(std::string message) {
  std::replace(message.begin(), message.end(), '\n', ' ');
  std::fprintf(stderr, "gatefold: %s\n", message.c_str());
  return kBadUse;
}

/// Runs what the command line asks for, and turns every exception into one line and an exit code.
int run_guarded(int argc, char** argv) {
  try {
    const int code = parse_command_line(kCommands, GATEFOLD_VERSION, argc, argv)();
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
