#include "tools/pass_options.h"

#include <fmt/format.h>

#include <cstdio>

#include "session/arrays/files.h"
#include "tools/command_line.h"

namespace gatefold::tools {

void add_pass_flags(OptionParser& parser, PassFlags& flags) {
  PipelineOptions& pipeline = flags.pipeline;
  parser
      .add_option("--print-after", pipeline.print_after,
                  "Show the graph after this pass, or after each one if PASS is all")
      .type_name("PASS");
  parser.add_flag("--print-changed", pipeline.print_changed,
                  "Show the graph after each pass that changed it");
  parser.add_option("--stop-after", pipeline.stop_after, "Stop after this pass").type_name("PASS");
  parser.add_option("--max-rewrites", pipeline.max_rewrites, "Stop after this many rewrites")
      .type_name("N")
      .not_negative();
  parser
      .add_option("--explain", pipeline.explain,
                  "Explain what this pass nearly matched, and why it did not")
      .type_name("PASS");
  parser.add_flag("--time-passes", flags.time_passes, "Show the time that each pass takes");
  parser.add_flag("--no-verify", flags.no_verify, "Skip the check of the graph after each pass");
  parser
      .add_option("--reproducer", flags.reproducer,
                  "If a pass fails, write the graph that it was given to this file as a pass test")
      .type_name("FILE");
}

std::vector<PassReport> run_passes_shown(Graph& graph, std::string_view passes,
                                         const PassFlags& flags) {
  PipelineOptions options = flags.pipeline;
  options.verify = !flags.no_verify;
  options.show = [](const std::string& text) { std::fputs(text.c_str(), stderr); };
  if (!flags.reproducer.empty()) {
    options.reproducer = [&](const std::string& text) { write_file(flags.reproducer, text); };
  }
  std::vector<PassReport> reports = run_passes(graph, passes, options);
  for (const PassReport& report : reports) {
    if (!flags.time_passes) break;
    options.show(fmt::format("{:>10.3f} ms  {}{}\n", report.seconds * 1e3, report.name,
                             report.changed ? "" : " (no change)"));
  }
  return reports;
}

}  // namespace gatefold::tools
