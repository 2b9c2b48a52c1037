#include <memory>
#include <string>

#include "ir/error.h"
#include "language/projects/project.h"
#include "tools/command.h"
#include "tools/command_line.h"
#include "tools/output.h"

namespace gatefold::tools {
namespace {

struct Options {
  std::shared_ptr<const GivenOptions> given;
  bool list = false;
  std::string name;
  std::filesystem::path folder;
  TemplateOptions model;
};

int list_templates() {
  for (const Template& one : all_templates()) print("{:<12} {}\n", one.name, one.summary);
  return kSuccess;
}

int run(const Options& options) {
  if (options.list) return list_templates();
  if (options.name.empty() || options.folder.empty()) {
    fail(
        "a template and a folder are required: gatefold new TEMPLATE DIR; --list shows the "
        "templates");
  }
  for (const std::string& option : *options.given) {
    if (option.starts_with("--")) require_use(find_template(options.name), option.substr(2));
  }
  const Project project = Project::create(options.folder, options.name, options.model);
  if (project.config().models.empty()) {
    print(
        "made the project {}; prepare makes its model when the vocabulary is known:\n"
        "  gatefold prepare {} --text FILE\n",
        options.folder.string(), options.folder.string());
  } else {
    print("made the project {} with {}\n", options.folder.string(), kModelFile);
  }
  return kSuccess;
}

std::function<int()> declare(OptionParser& parser) {
  auto options = std::make_shared<Options>();
  options->given = parser.given();
  TemplateOptions& model = options->model;
  parser.add_option("TEMPLATE", options->name, "Kind of model; see --list");
  parser.add_option("DIR", options->folder, "Folder to make the project in");
  parser.add_flag("--list", options->list, "Explain the templates");
  parser.add_option("--rnn", model.cell, "Use these recurrent layers")
      .one_of({"rnn", "gru", "lstm"})
      .show_default();
  parser.add_option("--embedding", model.embedding, "Width of the vectors of tokens")
      .positive()
      .show_default();
  parser.add_option("--hidden", model.hidden, "Width of the states").positive().show_default();
  parser.add_option("--layers", model.layers, "Number of layers").positive().show_default();
  parser.add_flag("--bidirectional", model.bidirectional, "Read in both directions");
  parser
      .add_option("--dropout", model.dropout,
                  "While training, drop elements of what a recurrent layer hands to the next with "
                  "this probability")
      .show_default();
  parser.add_flag("--tie", model.tie, "Share the embedding with the output layer");
  parser
      .add_option("--attention", model.attention,
                  "How the decoder of seq2seq looks back at the source: after each step, by "
                  "products of states (luong), or before it, by their sums (bahdanau)")
      .one_of({"none", "luong", "bahdanau"})
      .show_default();
  parser.add_option("--heads", model.heads, "Heads of each attention of a transformer")
      .positive()
      .show_default();
  parser.add_option("--window", model.window, "Most tokens that a transformer reads at a time")
      .positive()
      .show_default();
  parser.add_option("--inputs", model.inputs, "Numbers per example, for linear and mlp")
      .positive()
      .show_default();
  parser.add_option("--outputs", model.outputs, "Numbers to predict, for linear and mlp")
      .positive()
      .show_default();
  parser.add_option("--seed", model.seed, "Seed for the numbers that the weights begin with")
      .show_default();
  return [options] { return run(*options); };
}

}  // namespace

const Command kNewCommand{
    .name = "new",
    .summary = "Make a project: a folder with a model to be trained",
    .example = "gatefold new classifier names --rnn gru --hidden 128",
    .declare = declare,
};

}  // namespace gatefold::tools
