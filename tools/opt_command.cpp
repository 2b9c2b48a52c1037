#include <CLI/CLI.hpp>
#include <memory>

#include "frontend/onnx_reader.h"
#include "ir/print.h"
#include "tools/command.h"
#include "tools/output.h"
#include "tools/pass_options.h"

namespace gatefold::tools {
namespace {

struct Options {
  std::filesystem::path model;
  std::string passes = std::string(kInferencePipeline);
  PassFlags flags;
};

int run(const Options& options) {
  const Model model = read_model(options.model);
  run_passes_shown(*model.graph, options.passes, options.flags);
  print("{}", print(*model.graph));
  return kSuccess;
}

std::function<int()> declare(CLI::App& parser) {
  auto options = std::make_shared<Options>();
  parser.add_option("MODEL", options->model, "ONNX model or ONNX text (.onnxtxt)")->required();
  parser.add_option("--passes", options->passes, "Passes or pipelines, separated by commas")
      ->type_name("LIST")
      ->capture_default_str();
  add_pass_flags(parser, options->flags);
  return [options] { return run(*options); };
}

}  // namespace

const Command kOptCommand{
    .name = "opt",
    .summary = "Run passes on a graph and print it",
    .example = "gatefold opt --passes=fuse-lstm-cell,remove-dead graph.onnxtxt",
    .declare = declare,
};

}  // namespace gatefold::tools
