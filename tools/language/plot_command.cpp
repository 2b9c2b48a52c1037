#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "language/pictures/line_chart.h"
#include "language/pictures/training_log.h"
#include "session/arrays/files.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/output.h"

namespace gatefold::tools {
namespace {

struct Options {
  std::vector<std::filesystem::path> logs;
  std::filesystem::path output;
  std::string metric = "loss";
  bool is_logarithmic = false;
};

int run(const Options& options) {
  const std::vector<TrainingLog> logs = read_training_logs(options.logs);
  LineChart chart = chart_of(logs, options.metric, options.metric == "loss");
  chart.is_logarithmic = options.is_logarithmic;
  write_file(options.output, draw(chart));
  print("wrote {}\n", options.output.string());
  return kSuccess;
}

std::function<int()> declare(OptionParser& parser) {
  auto options = std::make_shared<Options>();
  parser
      .add_option("LOG", options->logs,
                  "Logs that training has written, or folders of projects; each is a run")
      .required();
  parser.add_option("-o,--output", options->output, "Draw the picture into this file")
      .type_name("FILE.svg")
      .required();
  parser
      .add_option("--metric", options->metric,
                  "Plot this number of the log, such as accuracy, perplexity or gradient_norm; "
                  "validation_accuracy plots that alone")
      .show_default();
  parser.add_flag("--log-scale", options->is_logarithmic, "Draw the numbers on a logarithmic axis");
  return [options] { return run(*options); };
}

}  // namespace

const Command kPlotCommand{
    .name = "plot",
    .summary = "Draw how training went: the loss and the learning rate over the steps",
    .example =
        "gatefold plot rnn gru lstm -o loss.svg\n\n"
        "Runs are drawn side by side, each with a colour of its own: faint the number at each\n"
        "step, solid after each epoch for the training data, dashed for the validation data, and\n"
        "beside the loss, dotted and with its own axis, the learning rate.",
    .declare = declare,
};

}  // namespace gatefold::tools
