#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "passes/pipeline.h"

namespace gatefold::tools {

class OptionParser;

/// Options about passes that several commands share.
struct PassFlags {
  PipelineOptions pipeline;
  bool no_verify = false;
  bool time_passes = false;
  std::filesystem::path reproducer;
};

/// Declares --print-after, --print-changed, --stop-after, --max-rewrites, --explain, --time-passes,
/// --no-verify and --reproducer.
void add_pass_flags(OptionParser& parser, PassFlags& flags);

/// Calls run_passes and shows what the flags ask for on standard error.
std::vector<PassReport> run_passes_shown(Graph& graph, std::string_view passes,
                                         const PassFlags& flags);

}  // namespace gatefold::tools
