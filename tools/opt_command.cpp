#include <memory>

#include "frontend/onnx_reader.h"
#include "ir/error.h"
#include "ir/print.h"
#include "passes/passes.h"
#include "session/arrays/files.h"
#include "tools/binding_options.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/output.h"
#include "tools/pass_options.h"
#include "tools/pass_text.h"
#include "tools/table.h"

namespace gatefold::tools {
namespace {

struct Options {
  std::filesystem::path model;
  std::string passes;
  PassFlags flags;
  bool list = false;
};

int list_passes() {
  Table table({{"pass"}, {"afterwards"}});
  for (const Pass& pass : all_passes()) {
    table.add_row({std::string(pass.name), std::string(pass.summary)});
  }
  print("{}", table.to_string());
  return kSuccess;
}

int run(const Options& options) {
  if (options.list) return list_passes();
  if (options.model.empty()) {
    fail("a model is required: gatefold opt MODEL; --list shows the passes");
  }
  PassFlags flags = options.flags;
  std::string passes = options.passes;
  Model model;
  if (options.model.extension() == ".onnxtxt") {
    const PassText text = parse_pass_text(read_file(options.model));
    model = parse_model(text.before, options.model.string());
    flags.pipeline.training = text.training;
    if (passes.empty()) passes = text.passes;
  } else {
    model = read_model(options.model);
  }
  if (passes.empty()) passes = kInferencePipeline;
  run_passes_shown(*model.graph, passes, flags);
  print("{}", print(*model.graph));
  return kSuccess;
}

std::function<int()> declare(OptionParser& parser) {
  auto options = std::make_shared<Options>();
  add_model_option(parser, options->model);
  parser.add_flag("--list", options->list, "Explain the passes instead of running any");
  parser
      .add_option(
          "--passes", options->passes,
          "Run these passes or pipelines, separated by commas; by default those that the text "
          "names, or inference")
      .type_name("LIST");
  add_pass_flags(parser, options->flags);
  return [options] { return run(*options); };
}

}  // namespace

const Command kOptCommand{
    .name = "opt",
    .summary = "Run passes on a graph and print the result",
    .example = "gatefold opt --passes=fuse-lstm-cell tests/passes/fuse-lstm-cell/pytorch.onnxtxt",
    .declare = declare,
};

}  // namespace gatefold::tools
