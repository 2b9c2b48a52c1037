#include "tools/load_options.h"

#include <CLI/CLI.hpp>

#include "tools/precision_option.h"

namespace gatefold::tools {

void add_load_options(CLI::App& parser, LoadOptions& options) {
  parser.add_option("--threads", options.threads, "Use this many threads for one run")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  add_precision_option(parser, options.precision);
  parser.add_flag(
      "--reproducible", options.reproducible,
      "Choose kernels by rule instead of by measuring, so that every run gives the same bits");
  parser
      .add_option_function<std::size_t>(
          "--max-plan-memory",
          [&options](std::size_t mebibytes) { options.most_plan_bytes = mebibytes << 20; },
          "Keep plans for shapes seen before in at most about this much memory; 256 by default")
      ->check(CLI::Range(1, 1 << 20))
      ->type_name("MIB");
  parser.add_flag_callback(
      "--no-optimize", [&options] { options.optimize = false; },
      "Run the model as it is, without passes");
}

}  // namespace gatefold::tools
