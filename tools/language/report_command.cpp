#include <filesystem>
#include <memory>
#include <string>

#include "ir/error.h"
#include "language/report/report.h"
#include "session/arrays/files.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/output.h"

namespace gatefold::tools {
namespace {

struct Options {
  std::filesystem::path subject;
  std::filesystem::path log;
  std::filesystem::path output;
};

std::string page_of(const Options& options) {
  // A folder that is no project is refused as one.
  if (!std::filesystem::is_directory(options.subject)) {
    return report_page(options.subject, options.log);
  }
  if (!options.log.empty()) fail("--log does not go with a project, which has its own log");
  return report_page(Project(options.subject));
}

int run(const Options& options) {
  write_file(options.output, page_of(options));
  print("wrote {}\n", options.output.string());
  return kSuccess;
}

std::function<int()> declare(OptionParser& parser) {
  auto options = std::make_shared<Options>();
  parser.add_option("DIR", options->subject, "Folder of a project, or an ONNX model").required();
  parser.add_option("-o,--output", options->output, "Write the page to this file")
      .type_name("FILE.html")
      .required();
  parser.add_option("--log", options->log, "Show this log of a model's training")
      .type_name("FILE.jsonl");
  return [options] { return run(*options); };
}

}  // namespace

const Command kReportCommand{
    .name = "report",
    .summary = "Put what there is of a project on one page: graphs, training, what it has learned",
    .example =
        "gatefold report names -o names.html\n"
        "  gatefold report model.onnx --log log.jsonl -o model.html\n\n"
        "The page needs no other file and no network. It shows the graphs before and after\n"
        "compiling, loss and rate over the steps, the confusion of labels, the attention of a\n"
        "translation or a map of vectors, and what train --sample has logged.",
    .declare = declare,
};

}  // namespace gatefold::tools
