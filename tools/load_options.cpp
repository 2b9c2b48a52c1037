#include "tools/load_options.h"

#include "tools/command_line.h"
#include "tools/kernels_option.h"
#include "tools/precision_option.h"

namespace gatefold::tools {

void add_load_options(OptionParser& parser, LoadOptions& options) {
  parser.add_option("--threads", options.threads, "Use this many threads for one run")
      .between(1, 1024)
      .show_default();
  add_precision_option(parser, options.precision);
  add_kernels_option(parser, options.kernels);
  parser.add_flag(
      "--reproducible", options.reproducible,
      "Choose kernels by rule instead of by measuring, so that every run gives the same bits");
  parser
      .add_option(
          "--max-plan-memory",
          [&options](std::uint64_t mebibytes) { options.most_plan_bytes = mebibytes << 20; },
          "Keep plans for shapes seen before in at most about this much memory; 256 by default")
      .between(1, 1 << 20)
      .type_name("MIB");
  parser.add_flag("--no-optimize", options.optimize, "Run the model as it is, without passes",
                  false);
}

}  // namespace gatefold::tools
